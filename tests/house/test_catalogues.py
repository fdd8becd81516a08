"""German at run time: merged from all modules, made anew after a change, without gettext's programs."""

import gettext
import os

import pytest

from regulars.config import catalogues

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Two modules with a catalogue each."""

    def write(module: str, body: str) -> None:
        path = tmp_path / "src" / module / "locale" / "de" / "LC_MESSAGES" / "django.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + body, encoding="utf-8")

    monkeypatch.setattr(catalogues, "ROOT", tmp_path / "src")
    write("one", 'msgid "Customer"\nmsgstr "Kunde"\n\n#, fuzzy\nmsgid "Guess"\nmsgstr "Rätsel"\n')
    write(
        "two",
        'msgid "%(n)s order"\nmsgid_plural "%(n)s orders"\nmsgstr[0] "%(n)s Auftrag"\nmsgstr[1] "%(n)s Aufträge"\n',
    )
    return write


def german(home):
    return gettext.translation("django", str(catalogues.compiled(home)), languages=["de"])


def test_all_catalogues_become_one_and_guesses_are_left_out(modules, home):
    words = german(home)

    assert words.gettext("Customer") == "Kunde"
    assert words.ngettext("%(n)s order", "%(n)s orders", 2) == "%(n)s Aufträge"
    assert words.gettext("Guess") == "Guess"


def test_it_is_compiled_after_a_change_and_only_then(modules, home):
    target = catalogues.compiled(home) / "de" / "LC_MESSAGES" / "django.mo"
    os.utime(target, (1, 1))

    catalogues.compiled(home)
    assert target.stat().st_mtime == 1

    modules("three", 'msgid "Voucher"\nmsgstr "Gutschein"\n')
    gettext._translations.clear()  # the standard library keeps what it once read
    assert german(home).gettext("Voucher") == "Gutschein"
    assert sorted(path.name for path in target.parent.iterdir()) == ["django.mo", "django.stamp"]
