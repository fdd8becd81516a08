"""A shop's first day in a real browser: from two files to the first running measure."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from regulars.connectors.files.sweeps import import_uploaded
from regulars.core import clock
from regulars.core.actions import create_staff
from regulars.core.scoping import scope
from regulars.decide.goals.models import Goal, Measure
from regulars.decide.segments.profiles import refresh
from regulars.know.customers.models import Customer
from regulars.web.first_day import actions

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
PEOPLE = 40


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """Orders of forty customers of the last weeks, one of them bad, and the customers with the proof of their consents."""
    now = datetime.now(UTC)
    orders = [
        f"{n},c{n},{now - timedelta(days=n % 60 + 1):%Y-%m-%d %H:%M},LP-1,Blue Train,1,19.90" for n in range(PEOPLE)
    ]
    customers = [
        f"c{n},c{n}@example.com,Kai{n},{n % 28 + 1:02d}.05.1980,email,marketing,Ja gern,Formular {n},2026-01-01 12:00"
        for n in range(PEOPLE)
    ]
    written = {
        "generic": ["order,customer,date,sku,title,quantity,price", *orders, "x,c1,2026-05-04,LP-1,Blue Train,1,viel"],
        "customers": [
            (
                "number,email,first_name,birthday,consent_channel,consent_purpose,consent_wording,consent_evidence,"
                "consent_given_at"
            ),
            *customers,
        ],
    }
    found = {}
    for preset, lines in written.items():
        found[preset] = tmp_path / f"{preset}.csv"
        found[preset].write_text("\n".join(lines) + "\n", encoding="utf-8")
    return found


def imported(page: Any, shop: Any, preset: str, file: Path) -> None:
    """Uploads a file, looks at the trial, and imports it; the worker's part is done here."""

    def worked() -> None:
        with scope(shop=shop):
            while import_uploaded(shop, clock.now()):
                pass

    page.get_by_label("Datei", exact=True).set_input_files(str(file))
    page.locator("select[name=preset]").select_option(preset)
    page.locator("main form[enctype] button[type=submit]").click()
    page.wait_for_url("**/imports/*/")
    worked()
    page.reload()
    page.get_by_role("button", name="Jetzt importieren").click()
    page.wait_for_load_state()
    worked()


def test_from_the_first_file_to_the_first_measure(
    page: Any, live_regulars: str, shop: Any, files: dict[str, Path]
) -> None:
    shop.sender_email = shop.legal_footer = ""
    shop.save()
    person = create_staff("owner@example.com", now=clock.now(), shop=shop, role="owner")
    person.set_password("a good long word")
    person.save()
    page.goto(f"{live_regulars}/accounts/login/?next=/s/{shop.slug}/imports/")
    page.get_by_label("E-Mail").fill("owner@example.com")
    page.get_by_label("Passwort", exact=True).fill("a good long word")
    page.get_by_role("button", name="Anmelden", exact=True).click()
    page.wait_for_url("**/imports/")
    began = time.monotonic()
    imported(page, shop, "generic", files["generic"])
    page.goto(f"{live_regulars}/s/{shop.slug}/imports/")
    imported(page, shop, "customers", files["customers"])
    with scope(shop=shop):
        refresh(shop, clock.now(), list(Customer.objects.values_list("pk", flat=True)))
    # the start page leads into the guide
    page.goto(f"{live_regulars}/s/{shop.slug}/")
    page.get_by_role("link", name="Weiter", exact=True).click()
    page.get_by_text("E-Mail-Adressen").wait_for()
    page.get_by_role("button", name="Die Daten stimmen, weiter").click()
    # goals: the second comes first
    second = Goal._base_manager.filter(shop=shop).order_by("rank")[1]
    page.locator(f"#goal-{second.kind} button[value=up]").click()
    page.wait_for_load_state()
    second.refresh_from_db()
    assert second.rank == 1
    page.get_by_role("button", name="Die Reihenfolge stimmt, weiter").click()
    # consent: forty proofs came with the file; the step is skipped, and can be taken up again
    page.get_by_text("40 Kunden haben nachweislich").wait_for()
    page.get_by_role("button", name="Vorerst überspringen").click()
    # sender: without a legal notice nothing is saved
    page.locator("input[name=sender_email]").fill("post@plattenkiste.example")
    page.get_by_role("button", name="Speichern und weiter").click()
    page.get_by_text("Ohne das darf keine Werbung hinausgehen.").wait_for()
    page.faults.clear()  # the browser's own line about the answer 422
    page.locator("textarea[name=legal_footer]").fill("Plattenkiste GmbH, Rillenweg 33, 12345 Berlin")
    page.get_by_role("button", name="Speichern und weiter").click()
    # the measure that is proposed first is looked at and started
    page.get_by_role("link", name="ansehen und starten").first.click()
    page.wait_for_url("**/measures/new/**")
    page.get_by_role("button", name="Maßnahme starten").first.click()
    page.wait_for_url(lambda url: "/measures/new/" not in url)
    assert Measure._base_manager.filter(shop=shop, status="running").count() == 1
    assert {one.key: one.state for one in actions.progress(shop).steps} == {
        "data": "done", "goals": "done", "consent": "skipped", "sender": "done", "measure": "done",
    }  # fmt: skip
    # what was skipped is where the start page leads to now; then it is done and gone
    page.goto(f"{live_regulars}/s/{shop.slug}/")
    page.get_by_role("link", name="Weiter", exact=True).click()
    page.get_by_role("button", name="Weiter", exact=True).click()
    page.goto(f"{live_regulars}/s/{shop.slug}/")
    assert page.get_by_text("Assistenten ausblenden").count() == 0
    assert time.monotonic() - began < 600
