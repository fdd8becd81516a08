"""`journeys export`, `import` and `check`: both ways the same; what is wrong is named and changes nothing."""

from pathlib import Path
from typing import Any

import pytest
import typer
from django.utils.translation import override

from regulars.core.errors import Refused
from regulars.journeys import text_form
from regulars.journeys.models import Journey, JourneyDraft
from regulars.journeys.tests.test_before_start import document, link
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


def test_the_mails_of_a_file_are_looked_at_and_their_links_asked(
    shop: Any, rosa: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "thanks.toml"
    file.write_text(text_form.write(document(link("https://gone.example/a"))), "utf-8")
    asked: list[str] = []
    monkeypatch.setattr(
        "regulars.reach.messaging.link_asking.ask_links",
        lambda addresses, **more: asked.extend(addresses) or dict.fromkeys(addresses, "There is no such page (404)."),
    )
    with override("en"):
        # without a shop only the text of the file is checked, without --links nobody is asked
        journeys.check(file)
        assert capsys.readouterr().out == "thanks.toml: nothing is wrong\n"
        journeys.check(file, shop.slug)
        assert (asked, "404" in capsys.readouterr().out) == ([], False)
        with pytest.raises(Refused, match="--links needs --shop"):
            journeys.check(file, links=True)
        # with both, a dead link is a warning with its place, and no failure
        journeys.check(file, shop.slug, links=True)
        said = capsys.readouterr().out
        assert "warning: step 1 “hello” (send): Gruß (de): “https://gone.example/a” does not answer" in said
        assert "nothing is wrong" not in said
        assert asked == ["https://gone.example/a"]
        # an error of a mail fails
        file.write_text(text_form.write(document(link("https://gone"))), "utf-8")
        with pytest.raises(
            Refused, match=r"error: step 1 “hello” \(send\): Gruß \(de\): “https://gone” is no web address"
        ):
            journeys.check(file, shop.slug, links=True)


def test_a_journey_that_is_not_there_is_named(shop: Any) -> None:
    with override("en"), pytest.raises(Refused, match="no journey and no playbook called “nowhere”"):
        journeys.export("nowhere", shop.slug)
