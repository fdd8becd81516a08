"""The process behind `journey.py`: a shop with due enrolments, advanced by us and by SQL on two copies of one database."""

import json
import os
import shutil
import sqlite3
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NOW = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)
BODY = """<mj-section><mj-column><mj-text>Hallo {{ customer.first_name | default("du") }}, schau wieder herein.</mj-text>
</mj-column></mj-section>"""

REFERENCE = """
CREATE TEMP TABLE sending AS
SELECT e.id AS enrolment, e.customer_id AS customer, i.value AS address, c.id AS consent, p.first_name AS name
FROM journeys_enrolment e
    JOIN customers_customer p ON p.id = e.customer_id AND p.erased_at IS NULL AND p.merged_into_id IS NULL AND NOT p.is_test
    JOIN customers_identity i ON i.customer_id = e.customer_id AND i.kind = 'email' AND i.is_primary
    JOIN contact_policy_consent c ON c.customer_id = e.customer_id AND c.channel = 'email' AND c.purpose = 'marketing'
        AND c.state = 'granted'
    JOIN experiments_assignment a ON a.customer_id = e.customer_id AND a.measure_id = :measure AND a.arm = 'treated'
WHERE e.status = 'due' AND e.due_at <= :now AND e.step = 'mail' AND e.journey_id = :journey
    AND NOT EXISTS (SELECT 1 FROM contact_policy_suppression s WHERE s.shop_id = e.shop_id AND s.kind = 'email' AND s.key = i.key)
    AND NOT EXISTS (SELECT 1 FROM contact_policy_objection o WHERE o.customer_id = e.customer_id)
    AND NOT EXISTS (SELECT 1 FROM contact_policy_contactfreeze f WHERE f.customer_id = e.customer_id
        AND (f.until IS NULL OR f.until > :now))
    AND (SELECT COUNT(*) FROM contact_policy_contact k WHERE k.customer_id = e.customer_id AND k.at >= :month) < 4;
INSERT INTO contact_policy_contactrequest (shop_id, customer_id, measure_id, channel, purpose, address, rank, earliest,
    latest, status, reason, send_at, consent_id, key, created_at, decided_at, confirmed_at)
SELECT 1, customer, :measure, 'email', 'marketing', address, 1, :now, :latest, 'granted', '', :now, consent,
    'enrolment:' || enrolment || ':mail', :now, :now, NULL FROM sending;
INSERT INTO contact_policy_decision (shop_id, customer_id, measure_id, request_id, at, stage, outcome, reason, data)
SELECT 1, s.customer, :measure, r.id, :now, 'grant', 'granted', 'ok',
    json_object('send_at', :now, 'ground', 'consent')
FROM sending s JOIN contact_policy_contactrequest r ON r.shop_id = 1 AND r.key = 'enrolment:' || s.enrolment || ':mail';
INSERT INTO messaging_message ({message_columns})
SELECT {message_values}
FROM sending s JOIN contact_policy_contactrequest r ON r.shop_id = 1 AND r.key = 'enrolment:' || s.enrolment || ':mail';
UPDATE journeys_enrolment SET due_at = :look, lease_token = '', lease_until = NULL, attempts = 0
WHERE id IN (SELECT enrolment FROM sending);
CREATE TEMP TABLE ending AS SELECT id, customer_id FROM journeys_enrolment
WHERE status = 'due' AND due_at <= :now AND step = 'end' AND journey_id = :journey;
INSERT INTO timeline_event (shop_id, customer_id, type, at, recorded_at, source, source_key, data, is_history)
SELECT 1, customer_id, 'journey.left', :now, :now, 'journeys', 'enrolment:' || id,
    json_object('measure', 'Bench', 'measure_id', :measure, 'reason', 'completed'), 0 FROM ending;
UPDATE journeys_enrolment SET status = 'done', due_at = NULL, ended_at = :now, exit_reason = 'completed'
WHERE id IN (SELECT id FROM ending);
"""


def fill(half: int) -> tuple[Any, Any]:
    """The shop, its running measure, and `half` enrolments at each of the two steps."""
    from regulars.core.actions import create_shop
    from regulars.decide.contact_policy.models import Consent
    from regulars.decide.experiments.models import Assignment
    from regulars.journeys import actions
    from regulars.journeys.models import Enrolment, Journey
    from regulars.journeys.playbook import Message, Playbook, Words, register, step, trigger
    from regulars.know.customers.models import Customer, Identity

    class Bench(Playbook):
        key = "bench"
        title = description = why = Words(en="Bench", de="Bench")
        goal, kpi, holdout_share = "win_back", "reactivated_customers", "0"
        message_names = {"hello": title}

        def trigger(self, s: Any) -> Any:
            return trigger("customer_date", date="birthday", hour=9)

        def steps(self, s: Any) -> Any:
            return [step("mail", "send", message="hello", goes_on=True), step("end", "exit")]

        def messages(self, name: str) -> list[Message]:
            return [Message("de", "Hallo", "", BODY)]

    register(Bench())
    shop = create_shop("bench", now=NOW, sender_email="post@bench.example", legal_footer="Bench, Weg 1, Berlin")
    measure = actions.launch(shop, "bench", {}, NOW - timedelta(days=1))
    journey = Journey._base_manager.get(measure=measure)
    old = NOW - timedelta(days=100)
    people = Customer._base_manager.bulk_create(
        [
            Customer(shop=shop, number=f"c{n}", first_name="Rosa", locale="de", created_at=old, updated_at=old)
            for n in range(2 * half)
        ],
        batch_size=5000,
    )
    Identity._base_manager.bulk_create(
        [
            Identity(
                shop=shop,
                customer=one,
                kind="email",
                value=f"{one.number}@example.com",
                key=f"{one.number}@example.com",
                created_at=old,
            )
            for one in people
        ],
        batch_size=5000,
    )
    Consent._base_manager.bulk_create(
        [
            Consent(
                shop=shop,
                customer=one,
                channel="email",
                purpose="marketing",
                state="granted",
                given_at=old,
                evidence={"by": "form"},
            )
            for one in people
        ],
        batch_size=5000,
    )
    Assignment._base_manager.bulk_create(
        [Assignment(shop=shop, measure=measure, customer=one, arm="treated", assigned_at=NOW) for one in people],
        batch_size=5000,
    )
    Enrolment._base_manager.bulk_create(
        [
            Enrolment(
                shop=shop,
                journey=journey,
                customer=one,
                entry_key="k",
                arm="treated",
                step="mail" if n < half else "end",
                step_at=NOW,
                entered_at=old,
                due_at=NOW,
            )
            for n, one in enumerate(people)
        ],
        batch_size=5000,
    )
    return shop, journey


def ours(shop: Any) -> float:
    """Seconds of the sweeps' actions, batch by batch, until nothing is due."""
    from regulars.core.scoping import scope
    from regulars.core.worker import settle_in
    from regulars.decide.contact_policy.actions import grant_due
    from regulars.decide.contact_policy.quiet import Clock, next_welcome
    from regulars.journeys import actions
    from regulars.reach.messaging.actions import schedule

    next_welcome(
        NOW, Clock("Europe/Berlin", "DE", shop.quiet_from, shop.quiet_until)
    )  # loads the holidays, once a process
    settle_in()  # as the worker does when it starts
    began = time.perf_counter()
    with scope(shop=shop):
        while actions.advance_batch(shop, NOW).claimed:
            pass
        while grant_due(shop, NOW):
            pass
        while schedule(shop, NOW):
            pass
    return time.perf_counter() - began


def byhand(path: Path, init: str, journey: Any) -> float:
    """Seconds of the same effects as set SQL, in one transaction."""
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(init)
    columns = [row[1] for row in database.execute("PRAGMA table_info(messaging_message)")]
    given = {
        "shop_id": "1", "customer_id": "s.customer", "measure_id": ":measure", "request_id": "r.id", "version_id": ":version",
        "channel": "'email'", "purpose": "'marketing'", "address": "s.address", "status": "'due'", "due_at": ":now",
        "message_id": "lower(hex(randomblob(16))) || '@bench.example'", "attempts": "0", "lease_token": "''",
        "values": "json_object('customer.first_name', s.name)", "may_track": "0", "reason": "''", "created_at": ":now",
        "key": "'enrolment:' || s.enrolment || ':mail'",
    }  # fmt: skip
    used = [name for name in columns if name in given]
    script = REFERENCE.format(
        message_columns=", ".join(f'"{name}"' for name in used), message_values=", ".join(given[name] for name in used)
    )
    moment = "%Y-%m-%d %H:%M:%S"
    values = {
        "now": NOW.strftime(moment), "latest": (NOW + timedelta(hours=72)).strftime(moment), "measure": journey.measure_id,
        "look": (NOW + timedelta(hours=1)).strftime(moment), "month": (NOW - timedelta(days=30)).strftime(moment),
        "journey": journey.pk,
        "version": database.execute("SELECT MAX(id) FROM messaging_templateversion").fetchone()[0],
    }  # fmt: skip
    statements = [one for one in script.split(";\n") if one.strip()]
    began = time.perf_counter()
    database.execute("BEGIN IMMEDIATE")
    for one in statements:
        database.execute(one, values)
    database.execute("COMMIT")
    taken = time.perf_counter() - began
    database.close()
    return taken


COUNTS = {
    "granted requests": "SELECT COUNT(*) FROM contact_policy_contactrequest WHERE status = 'granted'",
    "decisions": "SELECT COUNT(*) FROM contact_policy_decision WHERE reason = 'ok'",
    "due messages": "SELECT COUNT(*) FROM messaging_message WHERE status = 'due'",
    "events": "SELECT COUNT(*) FROM timeline_event WHERE type = 'journey.left'",
    "done": "SELECT COUNT(*) FROM journeys_enrolment WHERE status = 'done'",
    "moved": "SELECT COUNT(*) FROM journeys_enrolment WHERE step = 'mail' AND due_at > '2026-06-10 08:00:00'",
}


def counts(path: Path) -> dict[str, int]:
    """What was written."""
    database = sqlite3.connect(path)
    found = {name: int(database.execute(query).fetchone()[0]) for name, query in COUNTS.items()}
    database.close()
    return found


def main() -> None:
    half = int(sys.argv[1]) // 2
    path = Path(os.environ["REGULARS_DATABASE"].removeprefix("sqlite:///"))
    for file in path.parent.glob(path.name + "*"):
        file.unlink()
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    shop, journey = fill(half)
    shop.refresh_from_db()
    connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    copy = path.with_name("reference.sqlite3")
    shutil.copy(path, copy)
    reference_seconds = byhand(copy, str(connection.settings_dict["OPTIONS"].get("init_command", "")), journey)
    seconds = ours(shop)
    if counts(path) != counts(copy) or counts(path)["due messages"] != half:
        raise SystemExit(f"the effects differ: {counts(path)} here, {counts(copy)} by hand")
    print(json.dumps({"enrolments": 2 * half, "seconds": seconds, "reference_seconds": reference_seconds}))


if __name__ == "__main__":
    main()
