# ruff: noqa: E501 - a case a line
"""Templates: what may be said is said right, and everything else is refused with its place."""

import contextlib
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from regulars.reach.messaging.expressions import Problem
from regulars.reach.messaging.language import lex, parse
from regulars.reach.messaging.rendering import (
    RenderRefused,
    Source,
    TemplateRefused,
    compile_source,
    link_addresses,
    preview,
)

OWN = "https://mail.plattenkiste.example"
KNOWN = {
    "customer.first_name",
    "customer.orders",
    "voucher.code",
    "voucher.value",
    "voucher.valid_until",
    "order.lines",
}
SHOP = {
    "shop.name": "Plattenkiste",
    "shop.address": "Rillenweg 33",
    "shop.url": "https://plattenkiste.example",
    "unsubscribe.url": f"{OWN}/u/abc",
    "preferences.url": f"{OWN}/p/abc",
    "open.url": None,
}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Problems are told in the reader's language, whatever that of the template."""
    with translation.override("en"):
        yield


def text_block(inner: str) -> str:
    return f"<mj-section><mj-column><mj-text>{inner}</mj-text></mj-column></mj-section>"


def rendered(mjml: str, values: dict[str, Any], **more: Any) -> Any:
    source = Source("win_back", "en", more.pop("subject", "Hello"), mjml, **more)
    return preview(compile_source(source, KNOWN, OWN), {**SHOP, **values}, OWN)


def refusal(mjml: str, **more: Any) -> str:
    with pytest.raises(TemplateRefused) as refused:
        compile_source(Source("win_back", "de", more.pop("subject", "Hallo"), mjml, **more), KNOWN, OWN)
    assert len(refused.value.problems) == 1
    problem = refused.value.problems[0]
    return f"{problem.template} {problem.locale} {problem.part} {problem.line}: {problem.message}"


def test_a_value_is_escaped_in_html_and_left_alone_in_text_and_subject() -> None:
    mail = rendered(
        text_block("Hello {{ customer.first_name }}"),
        {"customer.first_name": "<b>Rosa & Co"},
        subject="For {{ customer.first_name }}",
    )
    assert mail.subject == "For <b>Rosa & Co"
    assert "Hello &lt;b&gt;Rosa &amp; Co" in mail.html
    assert "<b>Rosa" not in mail.html
    assert "Hello <b>Rosa & Co" in mail.text


@pytest.mark.parametrize(("name", "shown"), [("Rosa", "Rosa"), ("", "music lover"), (None, "music lover")])
def test_default_stands_in_for_what_is_empty(name: str | None, shown: str) -> None:
    mail = rendered(
        text_block('Dear {{ customer.first_name | default("music lover") }}!'), {"customer.first_name": name}
    )
    assert f"Dear {shown}!" in mail.text


@pytest.mark.parametrize(("orders", "shown"), [(1, "new"), (2, "second"), (5, "regular")])
def test_blocks_between_and_inside_elements(orders: int, shown: str) -> None:
    mjml = f"""{{% if customer.orders > 2 and not voucher.code %}}{text_block("regular")}
{{% elif customer.orders == 2 %}}{text_block("second")}
{{% else %}}{text_block("new")}{{% endif %}}"""
    mail = rendered(mjml, {"customer.orders": orders, "voucher.code": ""})
    for word in ("regular", "second", "new"):
        assert (f">{word}<" in mail.html) == (word == shown)
        assert (word in mail.text.split()) == (word == shown)
    assert "\n\n\n" not in mail.text


def test_a_loop_shows_entries_and_ends_at_fifty() -> None:
    mail = rendered(
        text_block("{% for line in order.lines %}[{{ line.title }}]{% endfor %}"),
        {"order.lines": [{"title": f"LP {number}"} for number in range(1000)]},
    )
    assert "[LP 0][LP 1]" in mail.text
    assert mail.text.count("[LP ") == 50


def test_a_value_in_an_address_is_quoted_and_a_bad_scheme_goes_nowhere() -> None:
    mjml = text_block(
        '<a href="{{ shop.url }}/s?q={{ customer.first_name }}&amp;x=1">all</a> <a href="{{ voucher.code }}">v</a>'
    )
    content = compile_source(Source("w", "en", "s", mjml), KNOWN, OWN)
    values = {**SHOP, "customer.first_name": "Ä b&c=\"'", "voucher.code": "javascript:alert(1)"}
    assert link_addresses(content, values) == ["https://plattenkiste.example/s?q=%C3%84%20b%26c%3D%22%27&x=1", "#"]
    html = preview(content, values, OWN).html
    assert 'href="https://plattenkiste.example/s?q=%C3%84%20b%26c%3D%22%27&amp;x=1"' in html
    assert "javascript" not in html


def test_a_value_may_be_the_address_of_an_mjml_element() -> None:
    # given a button whose address is a value, inside a block
    mail = rendered(
        '<mj-section><mj-column>{% if shop.url %}<mj-button href="{{ shop.url }}">Shop</mj-button>{% endif %}</mj-column></mj-section>',
        {},
    )
    # then it is no broken nesting, and the mail links to it
    assert 'href="https://plattenkiste.example"' in mail.html


def test_equal_addresses_are_one_link_and_the_unsubscribe_link_is_none() -> None:
    mjml = text_block(
        '<a href="https://a.example/1">a</a><a href="https://a.example/1">b</a><a href="https://a.example/2">c</a>'
    )
    assert len(compile_source(Source("w", "en", "s", mjml), KNOWN, OWN).links) == 2


def test_the_layout_speaks_the_language_of_the_template_and_has_the_legal_footer() -> None:
    mail = rendered(
        text_block("x") + '<mj-include path="voucher" />',
        {"voucher.code": "ABC", "voucher.value": "10 €", "voucher.valid_until": ""},
    )
    assert f"Unsubscribe: {OWN}/u/abc" in mail.text
    assert "Rillenweg 33" in mail.text
    assert "ABC" in mail.text
    assert 'lang="en"' in mail.html
    assert "Valid until" not in mail.html


def test_nothing_is_loaded_from_elsewhere() -> None:
    mail = rendered(text_block("x"), {})
    for loader in ("<link", "<script", "@import", "src=", "fonts.googleapis"):
        assert loader not in mail.html


def test_a_missing_value_refuses_the_message_by_name() -> None:
    content = compile_source(Source("w", "en", "s", text_block("{{ customer.first_name }}")), KNOWN, OWN)
    with pytest.raises(RenderRefused, match=r"customer\.first_name"):
        preview(content, SHOP, OWN)


@pytest.mark.parametrize(
    ("mjml", "said"),
    [
        (
            text_block("\n\n{{ customer.firstname }}"),
            "win_back de mjml 3: There is no variable “customer.firstname”. Did you mean “customer.first_name”?",
        ),
        (
            text_block("\n{{ customer.first_name"),
            "win_back de mjml 2: A placeholder is opened with {{ and never closed.",
        ),
        (text_block("\n{% if customer.orders %}"), "win_back de mjml 2: A block is never closed: “endif” is missing."),
        (text_block("{% for i in range(10**9) %}x{% endfor %}"), "win_back de mjml 1: Cannot read “**9)”."),
        (
            text_block("{% for i in 'abc' %}x{% endfor %}"),
            "win_back de mjml 1: A loop runs over a list variable, not over “'abc'”.",
        ),
        (text_block("{{ customer.__class__ }}"), "win_back de mjml 1: Cannot read “.__class__”."),
        (text_block("{{ customer.first_name() }}"), "win_back de mjml 1: Cannot read “(”."),
        (text_block("{{ customer.first_name | attr('x') }}"), "win_back de mjml 1: Unknown filter “attr”."),
        (text_block("{% include 'x' %}"), "win_back de mjml 1: Unknown block “include 'x'”."),
        (text_block("{{ }}"), "win_back de mjml 1: The placeholder is empty or ends too early."),
        ("<mj-section>\n<mj-column>\n</mj-section>", "win_back de mjml 3: <mj-section> is closed here but not open."),
        ("\n<mj-section>", "win_back de mjml 2: <mj-section> is never closed."),
        ("<mj-shop></mj-shop>", "win_back de mjml 1: MJML has no element <mj-shop> in this place."),
        ('<mj-include path="/etc/passwd" />', "win_back de mjml 1: There is no block “/etc/passwd” to include."),
        (
            '<mj-section><mj-column><mj-image src="https://spy.example/p.png" /></mj-column></mj-section>',
            "win_back de mjml 1: A mail loads nothing from another host: “https://spy.example/p.png”.",
        ),
        (
            text_block('<span style="background:url(//spy.example/x)">x</span>'),
            "win_back de mjml 1: A mail loads nothing from another host: “//spy.example/x”.",
        ),
        (
            text_block('<a href="javascript:alert(1)">x</a>'),
            "win_back de mjml 1: A link must start with https://, not “javascript:alert(1)”.",
        ),
        (text_block('<b onclick="x()">x</b>'), "win_back de mjml 1: A mail must not hold “onclick=”."),
        (
            text_block('<b style="color:{{ customer.first_name }}">x</b>'),
            "win_back de mjml 1: A placeholder cannot stand inside a style.",
        ),
    ],
)
def test_what_is_refused_names_template_locale_part_line_and_cause(mjml: str, said: str) -> None:
    assert refusal(mjml) == said


def test_each_part_is_checked() -> None:
    with pytest.raises(TemplateRefused) as refused:
        compile_source(Source("w", "en", "{{ a.b }}", text_block("{{ c.d }}"), "{{ e.f }}", "\n{{ g.h }}"), KNOWN, OWN)
    assert [(one.part, one.line) for one in refused.value.problems] == [
        ("subject", 1),
        ("preheader", 1),
        ("mjml", 1),
        ("text", 2),
    ]


def test_a_hostile_template_ends_at_once() -> None:
    began = time.perf_counter()
    deep = "{% for a in order.lines %}" * 30 + "x" + "{% endfor %}" * 30
    assert "Loops are nested too deeply" in refusal(text_block(deep))
    assert "longer than 500" in refusal(text_block("{{ " + "(" * 3000 + "customer.orders" + ")" * 3000 + " }}"))
    assert "nested too deeply" in refusal(text_block("{{ " + "(" * 60 + "customer.orders" + ")" * 60 + " }}"))
    lines = [{"title": "x" * 1000}] * 100
    nested = "{% for a in order.lines %}{% for b in order.lines %}{{ a.title }}{% endfor %}{% endfor %}"
    with pytest.raises(RenderRefused, match="longer than"):
        rendered(text_block(nested), {"order.lines": lines})
    assert time.perf_counter() - began < 2


def test_a_block_alone_on_its_line_leaves_no_empty_line_in_a_given_text() -> None:
    text = "Hello\n{% if voucher.code %}\nCode: {{ voucher.code }}\n{% endif %}\nBye\n"
    assert rendered(text_block("x"), {"voucher.code": "A"}, text=text).text == "Hello\nCode: A\nBye\n"
    assert rendered(text_block("x"), {"voucher.code": ""}, text=text).text == "Hello\nBye\n"


@given(st.text(max_size=200))
def test_any_source_is_either_a_tree_or_a_problem(source: str) -> None:
    with contextlib.suppress(Problem):
        parse(lex(source))
