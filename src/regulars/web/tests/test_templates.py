"""Rules that hold for the templates of every module: the policy on styles and scripts, and icons that exist."""

import re
from pathlib import Path

import pytest

from regulars.web.icon import FOLDER, icon

PACKAGE = Path(__file__).resolve().parents[2]
MAIL = {"mjml"}

TEMPLATES = sorted(
    file for file in PACKAGE.rglob("templates/**/*.html") if not MAIL & set(file.parts) and "mail" not in file.parts
)

FORBIDDEN = {
    "a style attribute": re.compile(r"""\sstyle\s*=\s*["']"""),
    "an inline event handler": re.compile(r"""\son[a-z]+\s*=\s*["']"""),
    "evaluated htmx code": re.compile(r"""\shx-on[:-]|["']js:"""),
    "an inline script without a nonce": re.compile(r"<script(?![^>]*(?:\bsrc=|\bnonce=|application/json))[^>]*>"),
    "an inline style without a nonce": re.compile(r"<style(?![^>]*\bnonce=)"),
    "a foreign host": re.compile(r"""(?:src|href)\s*=\s*["'](?:https?:)?//(?!www\.w3\.org)"""),
}


def name(file: Path) -> str:
    return str(file.relative_to(PACKAGE))


def test_there_are_templates_to_check() -> None:
    assert len(TEMPLATES) > 30


@pytest.mark.parametrize("file", TEMPLATES, ids=name)
def test_a_template_keeps_the_content_security_policy(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    broken = [f"{what}: {found[0]!r}" for what, rule in FORBIDDEN.items() if (found := rule.search(text))]
    assert not broken, f"{name(file)}: {'; '.join(broken)}"


def test_the_rules_find_what_they_forbid() -> None:
    bad = {
        "a style attribute": '<p style="color:red">',
        "an inline event handler": '<a onclick="x()">',
        "evaluated htmx code": '<a hx-on:click="x()">',
        "an inline script without a nonce": "<script>",
        "an inline style without a nonce": "<style>",
        "a foreign host": '<img src="https://example.org/x.png">',
    }
    assert all(FORBIDDEN[what].search(text) for what, text in bad.items())


@pytest.mark.parametrize("file", TEMPLATES, ids=name)
def test_every_icon_of_a_template_exists(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    named = set(re.findall(r"""\{%\s*icon\s+"([a-z0-9-]+)\"""", text)) | set(
        re.findall(r"""<c-[a-z-]+\s[^>]*?\bicon="([a-z0-9-]+)\"""", text)
    )
    assert {one for one in named if not (FOLDER / f"{one}.svg").is_file()} == set()


def test_icons_of_the_navigation_exist() -> None:
    from regulars.core.pages import PAGES

    for page in PAGES.values():
        if page.nav is not None:
            icon(page.nav.icon)


def test_an_icon_is_hidden_unless_it_is_labelled() -> None:
    assert 'aria-hidden="true"' in icon("users")
    assert 'aria-label="a &lt;b&gt;"' in icon("users", "", "a <b>")


@pytest.mark.parametrize("wrong", ["no-such-icon", "../LICENSE", "users.svg"])
def test_an_unknown_icon_is_named_in_the_error(wrong: str) -> None:
    with pytest.raises(LookupError, match="there is no icon"):
        icon(wrong)
