"""The tree of a journey: read from the list, written back, edited; every way leads where it led."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from regulars.journeys import flow
from regulars.journeys.document import of_playbook
from regulars.journeys.flow import Node, Way, flatten, parse
from regulars.journeys.kinds import step_kinds
from regulars.journeys.playbook import PLAYBOOKS


def wait(key: str) -> Node:
    return Node(key, "wait", {"days": 1})


@st.composite
def flows(draw: Any, depth: int = 0, taken: list[int] | None = None) -> list[Node]:
    taken = [0] if taken is None else taken
    found: list[Node] = []
    for _number in range(draw(st.integers(0 if depth else 1, 3))):
        taken[0] += 1
        key = f"s{taken[0]}"
        kind = draw(st.sampled_from(("wait", "branch", "split", "wait_for") if depth < 3 else ("wait",)))
        if kind == "wait":
            found.append(wait(key))
            continue
        if kind == "split":
            ways = [Way(name, share=0.5) for name in ("a", "b")]
            params: dict[str, Any] = {}
        else:
            ways = [Way("otherwise"), Way("then")]
            params = {"ordered": True} if kind == "branch" else {"event": "order.placed", "days": 2}
        for way in ways:
            way.steps = draw(flows(depth=depth + 1, taken=taken))
        found.append(Node(key, kind, params, ways))
    if depth and found and draw(st.booleans()):
        taken[0] += 1
        found.append(Node(f"s{taken[0]}", "exit", {}))
    return found


def leads(steps: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Where each way out of each step leads, jumps followed."""
    places = {one["key"]: number for number, one in enumerate(steps)}

    def at(place: int) -> str:
        while place < len(steps) and steps[place]["kind"] == "go_to":
            place = places[steps[place]["params"]["to"]]
        # An end that was added is the end of the list.
        return steps[place]["key"] if place < len(steps) and not steps[place]["key"].startswith("end") else "END"

    found = {}
    for place, one in enumerate(steps):
        params = one["params"]
        if one["kind"] in ("branch", "wait_for"):
            jumps = [params.get("otherwise"), params.get("then")]
        elif one["kind"] == "split":
            jumps = [way.get("to") for way in params["ways"]]
        else:
            jumps = [None] if step_kinds()[one["kind"]].goes_on(params) else []
        if one["kind"] != "go_to" and not one["key"].startswith("end"):
            found[one["key"]] = [at(places[jump] if jump else place + 1) for jump in jumps]
    return found


@settings(max_examples=150, deadline=None)
@given(flows())
def test_what_is_written_leads_the_same_way_when_it_is_read_and_written_again(tree: list[Node]) -> None:
    steps = flatten(tree)
    assert leads(flatten(parse(steps))) == leads(steps)
    places = {one["key"]: number for number, one in enumerate(steps)}
    for number, one in enumerate(steps):
        assert all(places[to] > number for to in step_kinds()[one["kind"]].targets(one["params"]))


@settings(max_examples=150, deadline=None)
@given(
    st.integers(2, 9).flatmap(
        lambda n: st.lists(
            st.tuples(st.sampled_from("wbxg"), st.integers(1, 9), st.integers(1, 9)), min_size=n, max_size=n
        )
    )
)
def test_any_list_that_jumps_about_keeps_where_it_leads(shape: list[tuple[str, int, int]]) -> None:
    steps = []
    for number, (kind, one, other) in enumerate(shape):
        later = [f"s{n}" for n in range(number + 1, len(shape))]
        key = f"s{number}"
        if kind == "x" or not later:
            steps.append({"key": key, "kind": "exit", "params": {}})
        elif kind == "w":
            steps.append({"key": key, "kind": "wait", "params": {"days": 1}})
        elif kind == "g":
            steps.append({"key": key, "kind": "go_to", "params": {"to": later[one % len(later)]}})
        else:
            params = {"ordered": True, "then": later[one % len(later)], "otherwise": later[other % len(later)]}
            steps.append({"key": key, "kind": "branch", "params": params})
    # Jumps to jumps are followed, and so only what is not a jump is compared.
    assert leads(flatten(parse(steps))) == leads(steps)


def test_the_ways_of_a_fork_meet_again() -> None:
    tree = [
        Node("ask", "branch", {"ordered": True}, [Way("otherwise", [wait("no")]), Way("then", [wait("yes")])]),
        wait("both"),
    ]
    steps = flatten(tree)
    assert [one["key"] for one in steps] == ["ask", "no", "on", "yes", "both"]
    assert steps[0]["params"] == {"ordered": True, "then": "yes"}
    assert steps[2]["params"] == {"to": "both"}
    assert parse(steps) == tree


def test_an_early_end_stands_beside_the_fork() -> None:
    steps = [
        {"key": "ask", "kind": "branch", "params": {"ordered": True, "then": "end"}},
        {"key": "mail", "kind": "wait", "params": {"days": 1}},
        {"key": "end", "kind": "exit", "params": {}},
    ]
    tree = parse(steps)
    assert [one.key for one in tree] == ["ask", "mail", "end"]
    assert [(way.name, way.steps, way.to) for way in tree[0].ways] == [("otherwise", [], ""), ("then", [], "end")]
    assert flatten(tree) == steps


def test_playbooks_are_read_and_written_unchanged() -> None:
    for playbook in PLAYBOOKS.values():
        steps = of_playbook(playbook, playbook.defaults())["steps"]
        assert flatten(parse(steps)) == steps
    assert not flow.readable([{"key": "a", "kind": "wait"}, {"key": "a", "kind": "wait"}])
