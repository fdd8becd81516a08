"""The process behind `gate.py`: a shop whose customers five measures want to reach, decided by the sweep's own action."""

import json
import os
import sqlite3
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NOW = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)
GOALS = ("win_back", "hold", "basket", "attachment", "data")

FILL = """
WITH RECURSIVE n(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM n WHERE n < :customers)
INSERT INTO customers_customer (id, {columns}) SELECT n, {values} FROM n CROSS JOIN customers_customer c WHERE c.id = 1;
INSERT INTO contact_policy_consent (shop_id, customer_id, channel, purpose, state, ground, wording, source, evidence, given_at)
    SELECT 1, id, 'email', 'marketing', 'granted', 'consent', '', '', '{{}}', :old FROM customers_customer WHERE id % 10 <> 0;
INSERT INTO contact_policy_contactfreeze (shop_id, customer_id, cause, source_key, since)
    SELECT 1, id, 'complaint', 'case', :old FROM customers_customer WHERE id % 50 = 1;
INSERT INTO experiments_assignment (shop_id, measure_id, customer_id, arm, cause, assigned_at)
    SELECT 1, m.id, c.id, CASE (c.id + 7 * m.id) % 10 WHEN 3 THEN 'holdout' ELSE 'treated' END, 'measure', :old
    FROM customers_customer c CROSS JOIN goals_measure m;
INSERT INTO contact_policy_contactrequest (shop_id, customer_id, measure_id, channel, purpose, address, rank, earliest,
    latest, status, reason, key, created_at)
    SELECT 1, c.id, NULL, 'email', 'marketing', c.number || '@example.com', 3, :lately, :lately, 'used', 'ok', 'old:' || c.id,
    :lately FROM customers_customer c WHERE c.id % 4 = 0;
INSERT INTO contact_policy_contact (shop_id, customer_id, request_id, channel, purpose, at)
    SELECT 1, customer_id, id, 'email', 'marketing', :lately FROM contact_policy_contactrequest;
INSERT INTO contact_policy_contactrequest (shop_id, customer_id, measure_id, channel, purpose, address, rank, earliest,
    latest, status, reason, key, created_at)
    SELECT 1, c.id, m.id, 'email', 'marketing', c.number || '@example.com', 1, :now, :latest, 'waiting', '',
    m.key || ':' || c.id, :now FROM goals_measure m CROSS JOIN customers_customer c;
"""
ORDER = "SELECT COUNT(*) FROM contact_policy_contactrequest WHERE status = 'granted' GROUP BY customer_id HAVING COUNT(*) > 2"


def main() -> None:
    customers = int(sys.argv[1])
    path = Path(os.environ["REGULARS_DATABASE"].removeprefix("sqlite:///"))
    for file in path.parent.glob(path.name + "*"):
        file.unlink()
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    seconds, calls = _decide(path, customers)
    database = sqlite3.connect(path)
    statuses = dict(database.execute("SELECT status, COUNT(*) FROM contact_policy_contactrequest GROUP BY status"))
    decisions = database.execute("SELECT COUNT(*) FROM contact_policy_decision").fetchone()[0]
    asked = customers * len(GOALS)
    over = database.execute(ORDER).fetchone()
    database.close()
    if statuses.get("waiting") or decisions != asked or over or statuses["granted"] <= customers:
        raise SystemExit(f"not what the gate should say: {statuses}, {decisions} decisions")
    answer = {"requests": asked, "seconds": seconds, "calls": len(calls), "longest": max(calls), **statuses}
    print(json.dumps(answer))
    path.unlink()


def _decide(path: Path, customers: int) -> tuple[float, list[float]]:
    """Fills the shop; seconds of all calls of the sweep, and of each."""
    from django.db import connection

    from regulars.core.actions import create_shop
    from regulars.core.scoping import scope
    from regulars.core.worker import settle_in
    from regulars.decide.contact_policy.actions import grant_due
    from regulars.decide.contact_policy.quiet import Clock, next_welcome
    from regulars.decide.goals.actions import create_measure
    from regulars.know.customers.models import Customer

    shop = create_shop("bench", now=NOW, sender_email="post@bench.example")
    for goal in GOALS:
        create_measure(shop, goal, goal, goal, "reactivated_customers", now=NOW, holdout_share=0.1)
    old = NOW - timedelta(days=100)
    Customer._base_manager.create(pk=1, shop=shop, number="c1", locale="de", created_at=old, updated_at=old)
    shop.refresh_from_db()
    text = "%Y-%m-%d %H:%M:%S"
    values: dict[str, Any] = {
        "customers": customers, "now": NOW.strftime(text), "old": old.strftime(text),
        "lately": (NOW - timedelta(days=3)).strftime(text), "latest": (NOW + timedelta(hours=72)).strftime(text),
    }  # fmt: skip
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA synchronous=OFF")
    # All customers are like the first but for these columns.
    own = {
        "number": "'c' || n", "timezone": "CASE n % 20 WHEN 0 THEN 'America/New_York' ELSE '' END",
        "country": "CASE n % 20 WHEN 0 THEN 'US' ELSE '' END",
    }  # fmt: skip
    columns = [row[1] for row in database.execute("PRAGMA table_info(customers_customer)") if row[1] != "id"]
    script = FILL.format(columns=", ".join(columns), values=", ".join(own.get(name, f"c.{name}") for name in columns))
    for statement in script.split(";\n"):
        if statement.strip():
            database.execute(statement, values)
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    connection.close()
    for zone, country in (("Europe/Berlin", "DE"), ("America/New_York", "US")):  # loads the holidays, once a process
        next_welcome(NOW, Clock(zone, country, shop.quiet_from, shop.quiet_until))
    settle_in()
    calls = []
    began = time.perf_counter()
    with scope(shop=shop):
        while True:
            call = time.perf_counter()
            if not grant_due(shop, NOW):
                break
            calls.append(time.perf_counter() - call)
    return time.perf_counter() - began, calls


if __name__ == "__main__":
    main()
