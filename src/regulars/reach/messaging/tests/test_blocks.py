"""Blocks become mails: each kind, what holds them, what is refused, and that nothing of an author's runs."""

from typing import Any

import pytest
from django.utils import translation

from regulars.core.errors import Refused
from regulars.reach.messaging.blocks import KINDS, markup
from regulars.reach.messaging.composing import clean, compose, composing_for
from regulars.reach.messaging.look import HOUSE, Look
from regulars.reach.messaging.rendering import Source, compile_source, preview
from regulars.reach.messaging.starting_points import STARTING_POINTS, block

OWN = "https://mail.plattenkiste.example"
VALUES = {
    "shop.name": "Plattenkiste",
    "shop.address": "Rillenweg 33",
    "shop.url": "https://plattenkiste.example",
    "unsubscribe.url": f"{OWN}/u/abc",
    "preferences.url": "",
    "open.url": "",
    "customer.first_name": "Rosa",
    "voucher.code": "K7QF",
    "voucher.value": "15 %",
    "voucher.valid_until": "",
    "profile.orders": 5,
}


@pytest.fixture(autouse=True)
def english(settings: Any) -> Any:
    settings.REGULARS_BASE_URL = OWN
    with translation.override("en"):
        yield


def mail(shop: Any, *blocks: Any, look: Look = HOUSE, locale: str = "en", **values: Any) -> Any:
    tree = clean(list(blocks))
    composed = compose(tree, composing_for(shop, tree, locale, look))
    assert composed.problems == ()
    content = compile_source(Source("t", locale, "s", composed.source, look=look), None, OWN)
    given = {**VALUES, **{f"bestsellers.{part}_{at}": "" for part in ("title", "price", "url") for at in range(1, 5)}}
    return preview(content, {**given, **values}, OWN)


def problems(shop: Any, *blocks: Any) -> list[tuple[str, str]]:
    tree = clean(list(blocks))
    return [(one.field, one.message) for one in compose(tree, composing_for(shop, tree, "en")).problems]


def test_every_kind_is_described_for_the_editor_and_has_an_icon() -> None:
    from regulars.web.icon import icon

    assert set(KINDS) >= {
        "heading", "text", "button", "image", "divider", "spacer", "columns", "product", "bestsellers", "voucher",
        "barcode", "footer", "condition", "mjml",
    }  # fmt: skip
    for kind in KINDS.values():
        told = kind.described()
        assert told["title"]
        assert told["group"] in {"content", "shop", "layout"}
        assert icon(kind.icon)


def test_text_knows_a_little_markup_and_no_html() -> None:
    html = markup.html(
        'Hello **{{ customer.first_name | default("you") }}**, <b>x</b>\nnext\n\n- one\n- *two* [shop](https://a.example/x?a=1&b=2)'
    )
    assert '<b>{{ customer.first_name | default("you") }}</b>' in html
    assert "&lt;b&gt;x&lt;/b&gt;<br />next" in html
    assert '<i>two</i> <a href="https://a.example/x?a=1&amp;b=2">shop</a></li>' in html


def test_content_blocks(shop: Any) -> None:
    seen = mail(
        shop,
        block("heading", text="Hi {{ customer.first_name }} & co"),
        block("text", text="**Bold** <script>alert(1)</script>"),
        block("button", label="Go", address="{{ shop.url }}"),
        block("spacer", height=40),
        block("divider"),
    )
    assert "Hi Rosa &amp; co" in seen.html
    assert "<b>Bold</b> &lt;script&gt;" in seen.html
    assert "<script" not in seen.html
    assert 'href="https://plattenkiste.example"' in seen.html
    assert "Go: https://plattenkiste.example" in seen.text


def test_columns_hold_blocks_side_by_side(shop: Any) -> None:
    seen = mail(
        shop, block("columns", [block("heading", text="Left")], [block("text", text="Right")], [], widths="halves")
    )
    assert "Left" in seen.html
    assert "Right" in seen.html
    assert "50%" in seen.html


@pytest.mark.parametrize(("orders", "shown"), [(5, "regular"), (1, "new")])
def test_a_condition_shows_one_slot_or_the_other(shop: Any, orders: int, shown: str) -> None:
    when = {"name": "profile.orders", "is": "at_least", "value": "3"}
    seen = mail(
        shop,
        block("condition", [block("text", text="regular")], [block("text", text="new")], when=when),
        **{"profile.orders": orders},
    )
    assert [word for word in ("regular", "new") if word in seen.text.split()] == [shown]


def test_a_condition_compares_numbers_texts_and_flags() -> None:
    from regulars.reach.messaging.blocks.condition import expression

    def said(name: str, sign: str, value: str = "") -> str:
        return expression({"name": name, "is": sign, "value": value})

    assert said("customer.first_name", "known") == "customer.first_name"
    assert said("profile.country", "is", 'D"E') == 'profile.country == "DE"'
    assert said("profile.may_email", "is", "true") == "profile.may_email"
    assert said("profile.orders", "at_most", "2,5") == "profile.orders <= 2.5"
    assert said("customer.number", "is", "1001") == '(customer.number == 1001 or customer.number == "1001")'


def test_the_voucher_and_its_barcode_are_left_out_without_a_code(shop: Any) -> None:
    blocks = (block("voucher", heading="For you"), block("barcode", symbology="code128"))
    seen = mail(shop, *blocks)
    assert "For you" in seen.html
    assert f'src="{OWN}/b/code128/' in seen.html
    without = mail(shop, block("voucher", heading="For you"), block("barcode"), **{"voucher.code": ""})
    assert "For you" not in without.html
    assert "/b/" not in without.html


def test_the_foot_keeps_address_and_way_out_whatever_the_template_says(shop: Any) -> None:
    seen = mail(shop, block("text", text="x"), block("footer", reason="You bought at {{ shop.name }}."))
    assert "You bought at Plattenkiste." in seen.text
    assert f"Unsubscribe: {OWN}/u/abc" in seen.text
    assert "Rillenweg 33" in seen.text
    assert "because you agreed" not in seen.text


def test_the_brand_changes_every_mail_and_dark_colours_can_be_read(shop: Any) -> None:
    look = Look(accent="#123456", font="book", button="pill", footer=(("en", "Open daily <10-18>"),))
    seen = mail(shop, block("button", label="Go", address="https://a.example"), look=look)
    assert "#123456" in seen.html
    assert "Georgia" in seen.html
    assert "border-radius:28px" in seen.html
    assert "Open daily &lt;10-18&gt;" in seen.html
    from regulars.reach.messaging.look import DARK_CARD, contrast

    assert contrast(look.dark_accent, DARK_CARD) >= 4.5
    assert contrast(look.on_accent, look.accent) >= 4.5


def test_mjml_stays_one_way_and_problems_lie_at_their_block(shop: Any) -> None:
    seen = mail(shop, block("mjml", source="<mj-section><mj-column>\n<mj-text>own</mj-text></mj-column></mj-section>"))
    assert "own" in seen.text
    tree = clean([block("text", text="a\n\nb"), block("mjml", source="<mj-section>\n<mj-column>\n</mj-section>")])
    composed = compose(tree, composing_for(shop, tree, "en"))
    assert composed.owners[-1] == tree[1]["id"]


def test_what_is_not_finished_is_told_at_its_field(shop: Any) -> None:
    assert problems(shop, block("heading", text="")) == [("text", "“Heading” is empty.")]
    assert problems(shop, block("button", label="x", address="javascript:alert(1)")) == [
        ("address", "“Leads to” must start with https://.")
    ]
    assert problems(shop, block("image", picture="nosuchfile00000000.png")) == [
        ("", "The image is not in the library any more. Choose another one.")
    ]
    assert problems(shop, block("product", sku="LP-1")) == [("", "There is no product “LP-1” in the catalogue.")]
    assert problems(shop, block("footer", reason="a"), block("footer", reason="b")) == [
        ("", "This block can stand in a template once only.")
    ]
    assert problems(shop, block("condition", [block("text", text="")], [], when={})) == [
        ("when", "“Shown where” is empty."),
        ("text", "“Text” is empty."),
    ]


def test_a_product_is_shown_as_the_catalogue_has_it(shop: Any) -> None:
    from regulars.know.orders.models import Product

    Product._base_manager.create(
        shop=shop, sku="LP-1", title="Blue {{ x }} <Train>", url="https://plattenkiste.example/lp-1", price=2490
    )
    seen = mail(shop, block("product", sku="LP-1", label="Buy"))
    assert "Blue { { x } } &lt;Train&gt;" in seen.html
    assert "€24.90" in seen.html
    assert 'href="https://plattenkiste.example/lp-1"' in seen.html


@pytest.mark.parametrize(
    "raw",
    [
        None,
        {},
        ["x"],
        [{"id": "a", "kind": "nosuch"}],
        [{"id": "A b", "kind": "text"}],
        [{"id": "a", "kind": "text"}, {"id": "a", "kind": "text"}],
        [{"id": "a", "kind": "columns", "slots": [[{"id": "b", "kind": "columns"}]]}],
        [{"id": f"a{number}", "kind": "divider"} for number in range(121)],
    ],
)
def test_what_is_no_tree_of_blocks_is_refused(raw: Any) -> None:
    with pytest.raises(Refused):
        clean(raw)


def test_values_of_the_wrong_type_become_the_default() -> None:
    raw = {"id": "a", "kind": "spacer", "values": {"height": "9999", "onclick": "x"}, "slots": "x"}
    assert clean([raw])[0]["values"] == {"height": 24}
    assert clean([{**raw, "values": {"height": 9999}}])[0]["values"] == {"height": 120}


@pytest.mark.parametrize("key", STARTING_POINTS)
def test_starting_points_can_be_sent_as_they_are(shop: Any, key: str) -> None:
    for locale, (subject, _preheader, blocks) in STARTING_POINTS[key][3]().items():
        seen = mail(shop, *blocks, locale=locale, subject=subject)
        assert f"{OWN}/u/abc" in seen.html
        assert len(seen.html.encode()) < 60_000
