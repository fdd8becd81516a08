"""A published template shows the prices of its day: what has another price now is told before it is sent."""

from datetime import timedelta
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from regulars.know.orders.actions import ProductDraft, upsert_products
from regulars.reach.messaging import actions
from regulars.reach.messaging.models import TemplateVersion
from regulars.reach.messaging.price_checks import old_prices
from regulars.reach.messaging.starting_points import block


def price(shop: Any, at: Any, **prices: int) -> None:
    drafts = [ProductDraft(sku, title=sku.title(), price=minor) for sku, minor in prices.items()]
    upsert_products(shop, drafts, now=at, source="test", is_history=False)


def published(shop: Any, now: Any, *blocks: Any) -> TemplateVersion:
    template = actions.begin_template(shop, "Neues", {"de": ("Neues", "", list(blocks))}, now)
    (version,) = actions.publish_template(shop, template, now)
    return version


def words(shop: Any, version: TemplateVersion) -> list[tuple[str, str]]:
    with override("en"):
        return [(one.block, one.message) for one in old_prices(shop, version)]


def test_another_price_than_the_mail_shows_is_told_with_both(shop: Any, now: Any) -> None:
    price(shop, now - timedelta(days=1), blue=2490, red=990, grey=500)
    blue, red = block("product", sku="blue"), block("product", sku="red")
    silent = block("product", sku="grey", price=False)
    within = block("product", sku="blue")
    inside = block("columns", [within], [])
    version = published(shop, now, blue, red, silent, inside)
    assert "24,90" in version.source
    assert words(shop, version) == []
    # when prices change, twice for one of them, and that of a product whose price is not shown
    price(shop, now + timedelta(hours=1), blue=2290, grey=700)
    price(shop, now + timedelta(hours=2), blue=1990)
    # then each block that shows the old one is named
    said = "“Blue” is shown at 24,90\xa0€, but costs 19,90\xa0€ now."
    assert words(shop, version) == [(blue["id"], said), (within["id"], said)]


def test_a_price_that_came_back_is_no_other(shop: Any, now: Any) -> None:
    price(shop, now - timedelta(days=1), blue=2490)
    version = published(shop, now, block("product", sku="blue"))
    price(shop, now + timedelta(hours=1), blue=2290)
    price(shop, now + timedelta(hours=2), blue=2490)
    assert words(shop, version) == []


def test_publishing_again_shows_the_new_price(shop: Any, now: Any) -> None:
    price(shop, now - timedelta(days=1), blue=2490)
    version = published(shop, now, block("product", sku="blue"))
    later = now + timedelta(hours=1)
    price(shop, later, blue=1990)
    assert len(words(shop, version)) == 1
    (again,) = actions.publish_template(shop, version.template, later + timedelta(minutes=1))
    assert again.version == 2
    assert "19,90" in again.source
    assert words(shop, again) == []


def test_without_a_price_there_is_nothing_to_compare(shop: Any, now: Any) -> None:
    upsert_products(shop, [ProductDraft("blue", title="Blue")], now=now, source="test", is_history=False)
    version = published(shop, now, block("product", sku="blue"))
    price(shop, now + timedelta(hours=1), blue=1990)
    assert words(shop, version) == []
    plain = published(shop, now, block("text", text="Hallo"))
    with CaptureQueriesContext(connection) as queries:
        assert words(shop, plain) == []
    assert len(queries) == 0
