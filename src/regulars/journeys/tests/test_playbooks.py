"""Every playbook keeps to the language: whole at its defaults and at its limits, in German and English, with a README."""

import pytest
from django.utils.translation import override

from regulars.core.errors import Refused
from regulars.insights import kpis
from regulars.journeys.definition import draft
from regulars.journeys.needs import NEEDS
from regulars.journeys.playbook import PLAYBOOKS, Playbook, step
from regulars.journeys.settings import checked
from regulars.reach.messaging.actions import known_variables
from regulars.reach.messaging.rendering import Source, compile_source

from .toys import Toy

ALL = sorted(PLAYBOOKS)
GOALS = {"win_back", "hold", "basket", "attachment", "satisfaction", "data"}


def test_the_ready_made_ones_are_found_by_folder() -> None:
    assert {"birthday_gift", "win_back"} <= set(ALL)


@pytest.mark.parametrize("key", ALL)
def test_a_playbook_is_whole(key: str) -> None:
    playbook = PLAYBOOKS[key]
    assert playbook.goal in GOALS
    assert playbook.folder().name == key
    assert set(playbook.needs) <= set(NEEDS)
    assert playbook.kpi in kpis.definitions()
    for words in (playbook.title, playbook.description, playbook.why, *(one.label for one in playbook.settings)):
        assert {"de", "en"} <= set(words.texts), words
    assert (playbook.folder() / "README.md").read_text("utf-8").startswith("# ")
    assert list((playbook.folder() / "tests").glob("test_*.py")), "a playbook has a simulated customer"
    for settings in (
        {},
        {one.key: one.extremes()[0] for one in playbook.settings},
        {one.key: one.extremes()[1] for one in playbook.settings},
    ):
        _trigger, steps = draft(playbook, checked(playbook.settings, settings))
        for one in steps:
            if one.kind == "send":
                assert one.params["message"] in playbook.message_names


@pytest.mark.parametrize("key", ALL)
def test_its_messages_speak_german_and_english_and_compile(key: str) -> None:
    playbook = PLAYBOOKS[key]
    for name in playbook.message_names:
        messages = playbook.messages(name)
        assert {"de", "en"} <= {one.locale for one in messages}
        for one in messages:
            source = Source(name, one.locale, one.subject, one.source, one.preheader)
            content = compile_source(source, known_variables(), "http://127.0.0.1:8000")
            assert content.names


class Broken(Toy):
    """A toy whose steps each test gives."""

    key = "broken"
    given: tuple[object, ...] = ()

    def steps(self, s):  # type: ignore[no-untyped-def]
        return list(self.given)


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((), "needs a step"),
        ((step("a", "dance"),), "no kind of step called “dance”"),
        ((step("a", "wait", days=1), step("a", "exit")), "two steps have the same key"),
        ((step("a", "branch"),), "parameter then: is missing"),
        ((step("a", "wait", weeks=1),), "parameter weeks: there is no such parameter"),
        ((step("a", "wait", days=1), step("b", "branch", ordered=True, then="a")), "“a” is not a later step"),
        ((step("a", "send", message="m", voucher="b"), step("b", "exit")), "“b” is not an earlier step"),
    ],
)
def test_what_could_not_run_is_refused_with_its_place(steps: tuple[object, ...], said: str) -> None:
    playbook: Playbook = Broken()
    playbook.given = steps  # type: ignore[attr-defined]
    with override("en"), pytest.raises(Refused, match=said):
        draft(playbook, playbook.defaults())


def test_settings_have_limits() -> None:
    playbook = PLAYBOOKS["win_back"]
    assert checked(playbook.settings, {"percent": 20})["percent"] == 20
    for values in ({"percent": 0}, {"percent": 51}, {"percent": "20"}, {"percent": True}, {"colour": 1}):
        with pytest.raises(Refused):
            checked(playbook.settings, values)
