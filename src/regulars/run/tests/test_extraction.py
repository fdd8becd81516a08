"""Texts are found wherever they stand, and a catalogue is never guessed."""

from pathlib import Path

import pytest

from regulars.run import extraction

PYTHON = """
from django.utils.translation import gettext as _, ngettext, pgettext_lazy
title = _("Customers")
count = ngettext("one order", "%(n)s orders", n)
verb = pgettext_lazy("button", "Order")
not_one = _(title)
"""

TEMPLATE = """
<div>
      <h1>{% translate "Customers" %}</h1>
  <p>{% blocktranslate trimmed count n=orders %}
       {{ n }} order
     {% plural %}
       {{ n }} orders
     {% endblocktranslate %}</p>
    {# no text #}
        <c-button label="{% translate 'All fine' %}">{{ _("Save")|upper }}</c-button>
</div>
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    module = tmp_path / "know" / "customers"
    (module / "templates" / "customers").mkdir(parents=True)
    (module / "apps.py").touch()
    (module / "pages.py").write_text(PYTHON, encoding="utf-8")
    (module / "templates" / "customers" / "list.html").write_text(TEMPLATE, encoding="utf-8")
    (module / "tests").mkdir()
    (module / "tests" / "test_pages.py").write_text('_("not for customers")', encoding="utf-8")
    (tmp_path / "top.py").write_text('from x import _\n_("Top")', encoding="utf-8")
    return tmp_path


def test_texts_of_python_and_templates_are_found_with_plural_and_context(root):
    found = extraction.extract(root)

    customers = {key: text.plural for key, text in found[root / "know" / "customers"].items()}
    assert customers == {
        ("Customers", None): None,
        ("one order", None): "%(n)s orders",
        ("Order", "button"): None,
        ("%(n)s order", None): "%(n)s orders",
        ("All fine", None): None,
        ("Save", None): None,
    }
    assert list(found[root]) == [("Top", None)]
    assert found[root / "know" / "customers"][("Customers", None)].places == {
        "know/customers/pages.py",
        "know/customers/templates/customers/list.html",
    }


def test_a_new_text_comes_in_untranslated_though_a_similar_one_is_known(root):
    folder = root / "know" / "customers"
    extraction.update(folder, extraction.extract(root)[folder])
    catalogue = folder / extraction.CATALOGUE
    catalogue.write_text(
        catalogue.read_text(encoding="utf-8").replace(
            'msgid "Customers"\nmsgstr ""', 'msgid "Customers"\nmsgstr "Kunden"'
        ),
        encoding="utf-8",
    )
    (folder / "more.py").write_text('_("Customer")', encoding="utf-8")

    extraction.update(folder, extraction.extract(root)[folder])

    words = {key[0]: message.string for key, message in extraction.read_catalogue(folder).items()}
    assert words["Customers"] == "Kunden"
    assert words["Customer"] == ""
    assert extraction.update(folder, extraction.extract(root)[folder]) is False


def test_every_kind_of_fault_is_named(root):
    folder = root / "know" / "customers"
    for path in (root / "top.py", *folder.glob("templates/*/*")):
        path.unlink()
    (folder / "pages.py").write_text(
        '_("new"); _("left"); _("guessed"); _("%(name)s came"); _("twice"); _("fine")', encoding="utf-8"
    )
    (folder / extraction.CATALOGUE).parent.mkdir(parents=True)
    (folder / extraction.CATALOGUE).write_text(
        extraction.HEADER
        + 'msgid "left"\nmsgstr ""\n\n#, fuzzy\nmsgid "guessed"\nmsgstr "geraten"\n\n'
        + '#, python-format\nmsgid "%(name)s came"\nmsgstr "%(nahme)s kam"\n\n'
        + 'msgid "twice"\nmsgstr "zweimal"\n\nmsgid "fine"\nmsgstr "gut"\n\nmsgid "old"\nmsgstr "alt"\n',
        encoding="utf-8",
    )
    (root / "top.py").write_text('_("twice")', encoding="utf-8")
    (root / extraction.CATALOGUE).parent.mkdir(parents=True)
    (root / extraction.CATALOGUE).write_text(extraction.HEADER + 'msgid "twice"\nmsgstr "doppelt"\n', encoding="utf-8")

    wrong = extraction.faults(extraction.extract(root), root)

    words = [fault.partition("django.po: ")[2] for fault in wrong]
    assert [word for word in words if not word.startswith("'%(name)s came'")] == [
        "missing: 'new'",
        "no longer used: 'old'",
        "a guess: 'guessed'",
        "untranslated: 'left'",
        "'twice' is translated otherwise in locale/de/LC_MESSAGES/django.po; only one can be shown",
    ]
    assert sum(word.startswith("'%(name)s came'") for word in words) == 1
