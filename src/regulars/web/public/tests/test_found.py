"""Pages of the customers are found by file."""

from pathlib import Path

import pytest

from regulars.web import public
from regulars.web.public import urls


def test_a_file_with_urlpatterns_is_a_page_and_nothing_central_is_edited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "greeting.py").write_text(
        "from django.urls import path\nurlpatterns = [path('p/hello/', print, name='hello')]\n", encoding="utf-8"
    )
    (tmp_path / "quiet.py").write_text("", encoding="utf-8")
    before = {str(pattern.pattern) for pattern in urls.found()}
    monkeypatch.setattr(public, "__path__", [*public.__path__, str(tmp_path)])

    after = {str(pattern.pattern) for pattern in urls.found()}

    assert after - before == {"p/hello/"}
