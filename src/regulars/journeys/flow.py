"""The flow of a journey as a tree: steps one below the other, and forks whose ways part and meet again.

A document lists its steps one after another and lets them jump forward. People think in ways. `parse` makes the tree of a
list, `flatten` the list of a tree; what `flatten` writes is read back as the same tree, and a list that jumps about as no
tree can is kept as it is, with its jumps named (`Way.to`).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .kinds import StepKind, step_kinds
from .two_ways import TwoWays

Steps = Sequence[Mapping[str, Any]]
GO_TO = "go_to"
EXIT = "exit"
TWO_WAYS = ("otherwise", "then")


@dataclass
class Way:
    """One way of a fork. to: the step to which it jumps at its end; empty where it meets the others below the fork.

    name: the parameter that leads here (`then`, `otherwise`), or the key of a split's way. share: of a split's way.
    """

    name: str
    steps: "list[Node]" = field(default_factory=list)
    to: str = ""
    share: float | None = None


@dataclass
class Node:
    """One step with, if it is a fork, its ways. params hold no jumps: those are the ways."""

    key: str
    kind: str
    params: dict[str, Any] = field(default_factory=dict)
    ways: list[Way] = field(default_factory=list)


Flow = list[Node]


def is_fork(kind: str) -> bool:
    """Whether customers may go several ways from a step of this kind."""
    return kind in ("split", "wait_for") or isinstance(step_kinds().get(kind), TwoWays)


def readable(steps: Any) -> bool:
    """Whether a list can be drawn at all: tables with a key of their own and a kind."""
    if not isinstance(steps, list):
        return False
    if not all(
        isinstance(one, Mapping)
        and isinstance(one.get("key"), str)
        and isinstance(one.get("kind"), str)
        and isinstance(one.get("params", {}), Mapping)
        for one in steps
    ):
        return False
    return len({one["key"] for one in steps}) == len(steps)


def nodes(flow: Flow) -> Iterator[Node]:
    """Every step of a flow, from the top; a fork before its ways."""
    for one in flow:
        yield one
        for way in one.ways:
            yield from nodes(way.steps)


def _ways_of(step: Mapping[str, Any]) -> list[Way]:
    """The ways of a fork with where they jump, empty for the following step."""
    params = step.get("params", {})
    if step["kind"] == "split":
        ways = params.get("ways")
        if not isinstance(ways, list) or not all(isinstance(one, Mapping) for one in ways):
            return []
        return [Way(str(one.get("key", "")), to=str(one.get("to") or ""), share=one.get("share")) for one in ways]
    if is_fork(step["kind"]):
        return [Way(name, to=str(params.get(name) or "")) for name in TWO_WAYS]
    return []


def _rest(step: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a step without the jumps that its ways stand for."""
    params = dict(step.get("params", {}))
    if step["kind"] == "split":
        params.pop("ways", None)
    elif is_fork(step["kind"]):
        for name in TWO_WAYS:
            params.pop(name, None)
    return params


class _Reader:
    """Finds where the ways of each fork meet, and cuts the list accordingly."""

    def __init__(self, steps: Steps) -> None:
        self.steps = list(steps)
        self.place = {one["key"]: number for number, one in enumerate(self.steps)}
        self.end = len(self.steps)
        self.ways = [_ways_of(one) for one in self.steps]
        for ways in self.ways:
            for way in ways:
                way.to = self._resolved(way.to)
        self.stands_for: dict[int, int] = {}
        self.meets = self._meeting_places()

    def _resolved(self, to: str) -> str:
        """The step at which a jump ends that leads to a jump."""
        place = self.place.get(to)
        while place is not None and self.steps[place]["kind"] == GO_TO:
            after = self.place.get(str(self.steps[place].get("params", {}).get("to")))
            if after is None or after <= place:
                break
            to, place = self.steps[after]["key"], after
        return to

    def _kind(self, place: int) -> StepKind | None:
        return step_kinds().get(self.steps[place]["kind"])

    def _leads(self, place: int, way: Way) -> int | None:
        """The place to which a way leads; None for a jump that cannot be drawn as a way."""
        if not way.to:
            return place + 1
        target = self.place.get(way.to)
        return self.stands_for.get(target, target) if target is not None and target > place else None

    def is_side_exit(self, place: int, way: Way) -> bool:
        """A way that leaves by an end to which others come, too: drawn beside the fork, so that the rest goes straight on."""
        target = self._leads(place, way)
        if not way.to or target is None:
            return bool(way.to)
        return place + 1 < target < self.end and self.steps[target]["kind"] == EXIT and self._falls(target - 1)

    def _following(self, place: int) -> list[int]:
        step = self.steps[place]
        if step["kind"] == EXIT:
            # The last end is where the whole journey ends; one before it ends its way alone.
            return [self.end] if place == self.end - 1 else []
        if step["kind"] == GO_TO:
            target = self.place.get(self._resolved(step["key"]))
            return [target] if target is not None and target > place else []
        if self.ways[place]:
            led = [self._leads(place, way) for way in self.ways[place] if not self.is_side_exit(place, way)]
            return sorted({one for one in led if one is not None})
        return [place + 1]

    def _meeting_places(self) -> list[int | None]:
        """For each step the first one that all who do not leave before come to (its immediate post-dominator)."""
        after: list[int | None] = [None] * (self.end + 1)
        lives = [True] * (self.end + 1)
        for place in range(self.end - 1, -1, -1):
            led = [one for one in self._following(place) if lives[one]]
            lives[place] = bool(led)
            meeting: int | None = led[0] if led else None
            for one in led[1:]:
                meeting = self._common(after, meeting, one)
            after[place] = meeting
        return after

    def _common(self, after: list[int | None], one: int | None, other: int | None) -> int | None:
        while one != other:
            if one is None or other is None:
                return None
            if one < other:
                one = after[one]
            else:
                other = after[other]
        return one

    def read(self, start: int, end: int, way: Way | None = None, after: int | None = None) -> Flow:
        """The steps in [start, end). way, after: of the way that they belong to, and the place where it has to arrive."""
        if way is not None and self.steps[end - 1]["kind"] == GO_TO:
            # The jump with which a way passes over the next one is drawn as a line; who jumps there from within the way
            # meets it at its end.
            end -= 1
            target = self._resolved(self.steps[end]["key"])
            to = self.place.get(target)
            way.to = "" if to is not None and self.stands_for.get(to, to) == after else target
            before = dict(self.stands_for)
            if to is not None:
                self.stands_for[to] = end
            flow = self._read(start, end)
            self.stands_for = before
            return flow
        flow = self._read(start, end)
        if way is not None and end != after and (self._falls(end - 1) or self._is_led_to(end, start)):
            way.to = self.steps[end]["key"] if end < self.end else ""
        return flow

    def _is_led_to(self, place: int, start: int) -> bool:
        return any(self._leads(one, way) == place for one in range(start, place) for way in self.ways[one])

    def _read(self, start: int, end: int) -> Flow:
        flow: Flow = []
        place = start
        while place < end:
            step = self.steps[place]
            node = Node(step["key"], step["kind"], _rest(step))
            flow.append(node)
            if not self.ways[place]:
                place += 1
                continue
            node.ways = self.ways[place]
            place = self._cut(place, node.ways, end)
        return flow

    def _falls(self, place: int) -> bool:
        """Whether who is at a step may come to the one written after it."""
        kind, step = self._kind(place), self.steps[place]
        if self.ways[place]:
            return any(self._leads(place, way) == place + 1 for way in self.ways[place])
        return kind.goes_on(step.get("params", {})) if kind else True

    def _cut(self, place: int, ways: list[Way], end: int) -> int:
        """Gives each way of the fork its steps; returns the place below the fork."""
        meeting = self.meets[place]
        join = end if meeting is None else min(meeting, end)
        leads = {id(way): None if self.is_side_exit(place, way) else self._leads(place, way) for way in ways}
        inside, join = self._starts(place, leads, join)
        if not inside and meeting is None:
            join = min(end, min((one for one in leads.values() if one is not None), default=place + 1))
        if place + 1 < join and place + 1 not in inside:
            # Nobody comes to what stands between: it is kept where it can be seen, below the fork.
            return self._plain(place, ways, leads)
        taken: set[int] = set()
        for way in ways:
            led = leads[id(way)]
            if led is None:
                continue
            if led == join:
                way.to = ""
            elif led in inside and led not in taken:
                taken.add(led)
                stop = next((one for one in inside if one > led), join)
                way.to = ""
                way.steps = self.read(led, stop, way, join)
            elif not way.to:
                way.to = self.steps[led]["key"] if led < self.end else ""
        return join

    def _starts(self, fork: int, leads: dict[int, int | None], join: int) -> tuple[list[int], int]:
        """Where the ways inside a fork begin, and where it ends: above the first place that two of them come to."""
        while True:
            inside = sorted({one for one in leads.values() if one is not None and fork < one < join})
            for number, start in enumerate(inside):
                stop = inside[number + 1] if number + 1 < len(inside) else join
                reached = {one for place in range(start, stop) for one in self._reaches(place)}
                crossing = min((one for one in reached if stop <= one < join), default=None)
                if crossing is not None:
                    join = crossing
                    break
            else:
                return inside, join

    def _reaches(self, place: int) -> list[int]:
        """All places to which a step may lead, side exits among them."""
        if self.ways[place]:
            return [one for one in (self._leads(place, way) for way in self.ways[place]) if one is not None]
        return [] if self.steps[place]["kind"] == EXIT else self._following(place)

    def _plain(self, place: int, ways: list[Way], leads: dict[int, int | None]) -> int:
        for way in ways:
            if leads[id(way)] == place + 1:
                way.to = ""
        return place + 1


def parse(steps: Steps) -> Flow:
    """The tree of a list of steps that is `readable`."""
    reader = _Reader(steps)
    return reader.read(0, reader.end)


def fresh_key(wanted: str, taken: set[str]) -> str:
    """A key like `wanted` that no step has yet; it is taken from now on."""
    base = wanted.replace("_", "-")[:34]
    key, number = base, 2
    while key in taken:
        key, number = f"{base}-{number}", number + 1
    taken.add(key)
    return key


class _Writer:
    def __init__(self, flow: Flow) -> None:
        self.taken = {one.key for one in nodes(flow)}
        self.steps: list[dict[str, Any]] = []
        self.end_key = ""

    def write(self, flow: Flow, following: str | None) -> None:
        for number, node in enumerate(flow):
            below = flow[number + 1].key if number + 1 < len(flow) else following
            step = {"key": node.key, "kind": node.kind, "params": dict(node.params)}
            self.steps.append(step)
            if node.ways:
                self._fork(node, step, below)

    def _end(self) -> str:
        """The key of the step at which a way ends that has nothing below its fork."""
        self.end_key = self.end_key or fresh_key("end", self.taken)
        return self.end_key

    def _fork(self, node: Node, step: dict[str, Any], below: str | None) -> None:
        full = [way for way in node.ways if way.steps]
        targets: dict[str, str] = {}
        for way in full:
            first = len(self.steps)
            targets[way.name] = "" if way is full[0] else way.steps[0].key
            self.write(way.steps, way.to or below)
            if not self._falls():
                continue
            if way.to:
                self._jump(way.to)
            elif way is not full[-1]:
                self._jump(below or self._end())
            assert len(self.steps) > first
        for way in node.ways:
            if not way.steps:
                # Without a full way, the step below is the following one.
                targets[way.name] = way.to or ((below or self._end()) if full else "")
        self._name(node, step, targets, full, below)

    def _name(
        self, node: Node, step: dict[str, Any], targets: dict[str, str], full: list[Way], below: str | None
    ) -> None:
        if node.kind == "split":
            ways = []
            for way in node.ways:
                one: dict[str, Any] = {"key": way.name, "share": way.share}
                ways.append(one | ({"to": targets[way.name]} if targets[way.name] else {}))
            step["params"]["ways"] = ways
            return
        if isinstance(step_kinds().get(node.kind), TwoWays) and not targets.get("then"):
            # Such a step always says where it leads if the answer is yes.
            first = full[0].steps[0].key if full else below or self._end()
            targets["then"] = first
        step["params"] |= {name: target for name, target in targets.items() if target}

    def _jump(self, to: str) -> None:
        self.steps.append({"key": fresh_key("on", self.taken), "kind": GO_TO, "params": {"to": to}})

    def _falls(self) -> bool:
        last = self.steps[-1]
        kind = step_kinds().get(last["kind"])
        try:
            return kind.goes_on(last["params"]) if kind else True
        except (KeyError, TypeError):
            return True


def flatten(flow: Flow) -> list[dict[str, Any]]:
    """The list of steps of a tree. Where a way has nothing below its fork to go to, an end is added."""
    writer = _Writer(flow)
    writer.write(flow, None)
    if writer.end_key:
        writer.steps.append({"key": writer.end_key, "kind": EXIT, "params": {}})
    return writer.steps
