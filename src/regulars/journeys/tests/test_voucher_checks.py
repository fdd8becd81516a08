"""A mail that speaks of a voucher needs one on every way to it; found before the start, with step, mail and language."""

from datetime import datetime
from typing import Any

import pytest
from django.utils.translation import override

from regulars.core.models import Shop
from regulars.journeys import actions
from regulars.journeys.before_start import NotReady
from regulars.journeys.models import Journey

from .handmade import step
from .test_before_start import GOOD, document

CODE = GOOD.replace("Hallo", "Ihr Code: {{ voucher.code }}")
GIFT = step("gift", "issue_voucher", offer="percent", percent=10, valid_days=30)
END = step("end", "exit")


def mail(key: str = "hello", **params: Any) -> dict[str, Any]:
    return step(key, "send", message="hi", **params)


def errors(shop: Shop, now: datetime, source: str, *steps: dict[str, Any], **parts: Any) -> list[str]:
    """What keeps it from being published; nothing if it is."""
    draft = actions.save_draft(shop, document(source, steps=list(steps), **parts), now)
    with override("en"):
        try:
            actions.publish_draft(draft, now)
        except NotReady as refused:
            return str(refused).splitlines() if refused.code == "checks" else [refused.code]
    return []


def test_a_code_in_a_mail_without_a_voucher_refuses(shop: Shop, rosa: Any, now: datetime) -> None:
    found = errors(shop, now, CODE, mail(), END)
    assert [one.partition(" Put ")[0] for one in found] == [
        f"step 1 “hello” (send): Gruß ({locale}): The mail says “voucher.code”, but it carries no voucher:"
        " readers would see nothing there."
        for locale in ("de", "en")
    ]
    assert all("Put “Issue a voucher” before it on every way" in one for one in found)
    assert not Journey._base_manager.exists()


def test_a_voucher_that_the_mail_does_not_carry_is_none(shop: Shop, rosa: Any, now: datetime) -> None:
    assert "carries no voucher" in errors(shop, now, CODE, GIFT, mail(), END)[0]
    assert errors(shop, now, CODE, GIFT, mail(voucher="gift"), END) == []


def test_some_way_past_the_voucher_refuses(shop: Shop, rosa: Any, now: datetime) -> None:
    # given a branch that leads some customers past the voucher
    asks = step("asks", "branch", ordered=True, then="hello")
    found = errors(shop, now, CODE, asks, GIFT, mail(voucher="gift"), END)
    assert len(found) == 2
    assert "step 3 “hello” (send): Gruß (de): " in found[0]
    assert "on some way to it no voucher is issued" in found[0]
    # and one that leads past both
    out = step("asks", "branch", ordered=True, then="end")
    assert errors(shop, now, CODE, out, GIFT, mail(voucher="gift"), END) == []


@pytest.mark.parametrize(
    "source",
    [
        GOOD.replace("Hallo", "{% if voucher.code %}Ihr Code: {{ voucher.code }}{% endif %}"),
        GOOD.replace("Hallo", "{{ voucher.code | default('Bis bald') }}"),
        GOOD.replace("<mj-section>", '<mj-include path="voucher" /><mj-section>', 1),
        GOOD,
    ],
)
def test_what_is_shown_only_with_a_voucher_is_fine(shop: Shop, rosa: Any, now: datetime, source: str) -> None:
    assert errors(shop, now, source, mail(), END) == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (GOOD.replace("Hallo", "{% if voucher.code %}{% else %}{{ voucher.value }}{% endif %}"), "voucher.value"),
        (GOOD.replace("Hallo", '<a href="https://shop.example/?c={{ voucher.code }}">Los</a>'), "voucher.code"),
    ],
)
def test_it_is_found_wherever_it_stands(shop: Shop, rosa: Any, now: datetime, source: str, name: str) -> None:
    assert f"says “{name}”" in errors(shop, now, source, mail(), END)[0]


def test_a_subject_counts_too(shop: Shop, rosa: Any, now: datetime) -> None:
    texts = {"subject": "{{ voucher.value }} für Sie", "preheader": "x", "source": GOOD}
    parts = {"messages": {"hi": {"name": "Gruß", "texts": {"de": texts, "en": texts}}}}
    assert "says “voucher.value”" in errors(shop, now, GOOD, mail(), END, **parts)[0]
