"""The sheet of a figure: what its page shows unless somebody asks for other days, from what is kept of a snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from . import drilldown, kpis
from .courses import Courses
from .figures import Ask, Figure
from .periods import Period

ROWS = 50
"""Of what lies behind a figure so many rows are kept, the newest: the first page."""


@dataclass(frozen=True)
class Sheet:
    """One figure by months (`course`, None for a table) and with the rows behind it in each of the kept spans."""

    as_of: datetime
    spans: dict[str, Period]
    months: list[Period]
    course: list[Any] | None
    found: dict[Period, drilldown.Found]


def compute(ask: Ask, made: Courses) -> dict[str, Any]:
    """The sheets of all figures as plain values; `ask` is used for other periods from now on."""
    kept: dict[str, Any] = {
        key: {"course": [figure.value for figure in made.of(key, made.months)], "spans": {}} for key in made.figures
    }
    for span, period in made.spans.items():
        here = ask.over([period])
        for one in kpis.definitions().values():
            [figure] = kpis.answers(here, [one]) if one.is_table else made.of(one.key, [period])
            found = drilldown.found(here, one, figure, offset=0, limit=ROWS)
            kept.setdefault(one.key, {"course": None, "spans": {}})["spans"][span] = _said(found)
    return {
        "as_of": ask.snapshot.as_of.isoformat(),
        "spans": {span: _days(period) for span, period in made.spans.items()},
        "months": [_days(period) for period in made.months],
        "figures": kept,
    }


def sheet(key: str, said: Mapping[str, Any]) -> Sheet | None:
    """The sheet of this figure from what `compute` made; None for a figure that was not there then."""
    kept = said["figures"].get(key)
    if kept is None:
        return None
    spans = {span: _period(days) for span, days in said["spans"].items()}
    is_table = kept["course"] is None
    return Sheet(
        datetime.fromisoformat(said["as_of"]),
        spans,
        [_period(days) for days in said["months"]],
        None if is_table else [_number(value) for value in kept["course"]],
        {period: _found(key, None if is_table else period, kept["spans"][span]) for span, period in spans.items()},
    )


def _said(found: drilldown.Found) -> dict[str, Any]:
    figure = found.figure
    return {
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "interval": figure.interval,
        "reason": figure.reason,
        "detail": figure.detail,
        "kind": found.kind,
        "total": found.total,
        "ids": found.ids,
    }


def _found(key: str, period: Period | None, said: Mapping[str, Any]) -> drilldown.Found:
    interval = said["interval"]
    figure = Figure(
        key,
        period,
        _number(said["value"]),
        _number(said["numerator"]),
        _number(said["denominator"]),
        (_number(interval[0]), _number(interval[1])) if interval else None,
        said["reason"],
        said["detail"],
    )
    return drilldown.Found(figure, said["kind"], said["total"], said["ids"])


def _number(value: Any) -> Any:
    """Exact amounts are kept as text."""
    return Decimal(value) if isinstance(value, str) else value


def _days(period: Period) -> list[str]:
    return [period.start.isoformat(), period.end.isoformat()]


def _period(days: list[str]) -> Period:
    return Period(date.fromisoformat(days[0]), date.fromisoformat(days[1]))
