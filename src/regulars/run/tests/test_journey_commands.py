"""`journeys export`, `import` and `check`: both ways the same; what is wrong is named and changes nothing."""

from pathlib import Path
from typing import Any

import pytest
import typer
from django.utils.translation import override

from regulars.core.errors import Refused
from regulars.journeys.models import Journey, JourneyDraft
from regulars.run.commands import journeys


def test_a_playbook_goes_out_and_comes_in_the_same(
    shop: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "win-back.toml"
    journeys.export("win_back", shop.slug, out=file)
    journeys.check(file)
    journeys.import_(file, shop.slug, publish=True)
    assert "published as version 1" in capsys.readouterr().out
    journeys.export("win-back", shop.slug)
    assert capsys.readouterr().out == file.read_text("utf-8")
    # again, unchanged: no new version; one line changed: the next one
    journeys.import_(file, shop.slug, publish=True)
    assert Journey._base_manager.count() == 1
    file.write_text(file.read_text("utf-8").replace("percent = 15", "percent = 20"), "utf-8")
    journeys.import_(file, shop.slug, publish=True)
    assert list(Journey._base_manager.order_by("version").values_list("version", "is_current")) == [
        (1, False),
        (2, True),
    ]


def test_a_wrong_file_changes_nothing(shop: Any, tmp_path: Path) -> None:
    file = tmp_path / "win-back.toml"
    journeys.export("win_back", shop.slug, out=file)
    journeys.import_(file, shop.slug)
    before = JourneyDraft._base_manager.get()
    right = file.read_text("utf-8")
    for old, new, said in (
        (
            'then = "thanks"',
            'then = "voucher"',
            "step 4 “ordered” .branch., parameter then: “voucher” is not a later step",
        ),
        ("days = 21", 'days = "long"', "step 3 “think” .wait., parameter days: a whole number is needed"),
        ('key = "think"', 'key = "voucher"', "two steps have the same key: step 1"),
        ('kind = "wait"', 'kind = "dance"', "no kind of step called “dance”"),
        ("[trigger]", "[trigger", "line"),
    ):
        assert old in right
        file.write_text(right.replace(old, new, 1), "utf-8")
        with override("en"), pytest.raises(Refused, match=said):
            journeys.import_(file, shop.slug, publish=True)
        with override("en"), pytest.raises((Refused, typer.Exit)):
            journeys.check(file)
    assert JourneyDraft._base_manager.get().revision == before.revision
    assert not Journey._base_manager.exists()


def test_a_journey_that_is_not_there_is_named(shop: Any) -> None:
    with override("en"), pytest.raises(Refused, match="no journey and no playbook called “nowhere”"):
        journeys.export("nowhere", shop.slug)
