"""The picture of a journey: where the lines of its ways run."""

from typing import Any

import pytest

from regulars.journeys.flow import parse
from regulars.journeys.picture import Step, draw


def fork(*ends: bool) -> Step:
    """The split of a journey with a way for each, of which those end that say so."""
    steps: list[dict[str, Any]] = [{"key": "split", "kind": "split", "params": {"ways": []}}]
    for number, does_end in enumerate(ends):
        steps[0]["params"]["ways"].append({"key": f"w{number}", "share": 1 / len(ends), "to": f"tag{number}"})
        steps.append({"key": f"tag{number}", "kind": "tag", "params": {"add": "x"}})
        last = {"kind": "exit", "params": {}} if does_end else {"kind": "go_to", "params": {"to": "below"}}
        steps.append({"key": f"last{number}", **last})
    steps.append({"key": "below", "kind": "exit", "params": {}})
    found = draw({"steps": steps}, parse(steps)).steps[0]
    assert [way.meets for way in found.ways] == [not one for one in ends]
    return found


@pytest.mark.parametrize(
    ("ends", "joins"),
    [
        ((False, False), ["right", "left"]),
        ((True, False), ["", "left"]),  # from the middle between both to the second
        ((False, True), ["right", ""]),
        ((True, True), ["", ""]),
        ((False, False, False), ["right", "left right", "left"]),
        ((True, False, True), ["", "", ""]),  # the second stands in the middle
        ((True, True, False), ["", "right", "left"]),
        ((True, False, False), ["", "right", "left"]),
        ((False, True, True, True), ["right", "left right", "", ""]),
    ],
)
def test_the_line_leads_from_the_ways_that_meet_to_the_middle_of_all(ends: tuple[bool, ...], joins: list[str]) -> None:
    found = fork(*ends)

    assert [way.joins for way in found.ways] == joins
    assert found.is_even == (len(set(ends)) == 2)
