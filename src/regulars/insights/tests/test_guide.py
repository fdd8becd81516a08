"""Every figure is documented, in both languages."""

from pathlib import Path

import pytest

from regulars.insights import guide, kpis

FOLDER = Path(guide.__file__).resolve().parents[3] / "docs" / "guide"


@pytest.mark.parametrize("language", guide.LANGUAGES)
def test_the_guide_says_what_the_code_defines(language: str) -> None:
    page = (FOLDER / guide.LANGUAGES[language]).read_text(encoding="utf-8")

    assert page == guide.page(language), "./regulars figures --write"
    assert all(f"`{key}`" in page for key in kpis.definitions())


def test_the_german_page_is_german() -> None:
    assert "Wiederkaufsrate" in guide.page("de")
    assert "Repurchase rate" not in guide.page("de")
