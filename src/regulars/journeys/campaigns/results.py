"""What came of a campaign, by arm: compared while somebody waits where it is small, kept by the sweep where it is large.

How far it is comes from kept numbers at any size.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from regulars.core import bulk
from regulars.core.tallies import counted
from regulars.insights.statistics.arms import ArmSums, Compared, compare
from regulars.journeys.figures import MOVING
from regulars.journeys.models import Enrolment, Journey
from regulars.journeys.tallies import ENROLMENTS
from regulars.reach.messaging.tallies import SENT

from .blueprint import REST, TEST
from .models import Campaign

SHARES = ("open_rate", "click_rate", "conversion_rate")
FIGURES = (*SHARES, "revenue")
LARGE = 5000
"""Treated customers; the figures of fewer are computed while somebody waits."""


@dataclass(frozen=True)
class ArmFigures:
    """One arm's treated customers: how many, sent, delivered with consent to measuring, opened, clicked, ordered; revenue in
    minor units and its squares. Orders and revenue are those of all treated customers since they came in, sent or not: only so
    the arms stay comparable. key: REST for those who got the winner.
    """

    key: str
    customers: int
    sent: int
    tracked: int
    opened: int
    clicked: int
    ordered: int
    revenue: int
    squares: float

    def sums(self, figure: str) -> ArmSums:
        """What a figure is computed of."""
        if figure == "open_rate":
            return ArmSums(self.tracked, self.opened, self.opened)
        if figure == "click_rate":
            return ArmSums(self.tracked, self.clicked, self.clicked)
        if figure == "conversion_rate":
            return ArmSums(self.customers, self.ordered, self.ordered)
        return ArmSums(self.customers, float(self.revenue), self.squares, self.ordered)


_ARMS = """
WITH arm AS (
    SELECT e.customer_id, e.entered_at, COALESCE(d.way, 'a') AS way
    FROM journeys_enrolment e LEFT JOIN journeys_splitdraw d ON d.enrolment_id = e.id AND d.step = %(step)s
    WHERE e.journey_id = %(journey)s AND e.arm = 'treated'
), parts AS (
    SELECT customer_id, way, 0 AS sent, 0 AS tracked, 0 AS opened, 0 AS clicked, 0 AS orders, 0 AS value FROM arm
    UNION ALL
    SELECT m.customer_id, NULL, 1,
        CASE WHEN m.may_track AND m.bounced_at IS NULL THEN 1 ELSE 0 END,
        CASE WHEN m.may_track AND m.bounced_at IS NULL
            AND COALESCE(m.first_opened_at, m.first_clicked_at) <= %(now)s THEN 1 ELSE 0 END,
        CASE WHEN m.may_track AND m.bounced_at IS NULL AND m.first_clicked_at <= %(now)s THEN 1 ELSE 0 END, 0, 0
    FROM messaging_message m WHERE m.measure_id = %(measure)s AND m.sent_at <= %(now)s
    UNION ALL
    SELECT arm.customer_id, NULL, 0, 0, 0, 0, 1, o.value
    FROM arm JOIN orders_order o ON o.customer_id = arm.customer_id
    WHERE o.is_counted AND o.placed_at >= arm.entered_at AND o.placed_at <= %(until)s
), customer AS (
    SELECT MAX(way) AS way, MAX(sent) AS sent, MAX(tracked) AS tracked, MAX(opened) AS opened, MAX(clicked) AS clicked,
        MAX(orders) AS ordered, SUM(value) AS value
    FROM parts GROUP BY customer_id
)
SELECT way, COUNT(*), SUM(sent), SUM(tracked), SUM(opened), SUM(clicked), SUM(ordered), SUM(value), SUM(1.0 * value * value)
FROM customer WHERE way IS NOT NULL GROUP BY way
"""
"""Parts of each customer under each other, then summed: where messages are joined to customers, SQLite may read all of them
for each customer."""


def arms_figures(campaign: Campaign, now: datetime) -> dict[str, ArmFigures]:
    """The figures of each arm up to `now`, orders up to the end of the outcome window. Two queries."""
    journey = Journey._base_manager.filter(measure=campaign.measure, is_current=True).first()
    if journey is None or campaign.began_at is None:
        return {}
    until = min(now, campaign.began_at + timedelta(days=campaign.outcome_days))
    rows = bulk.fetch(
        _ARMS,
        {
            "step": TEST,
            "journey": journey.pk,
            "measure": campaign.measure_id,
            "now": bulk.moment(now),
            "until": bulk.moment(until),
        },
    )
    return {
        way: ArmFigures(way, customers, sent, tracked, opened, clicked, ordered, int(revenue), float(squares))
        for way, customers, sent, tracked, opened, clicked, ordered, revenue, squares in rows
    }


def compared(arms: Sequence[ArmFigures], figure: str) -> Compared:
    """The arms side by side in one figure."""
    return compare([arm.sums(figure) for arm in arms], is_share=figure in SHARES)


@dataclass(frozen=True)
class Progress:
    """Treated members: taken in, through, still to go; messages sent, refused and so on by state."""

    treated: int
    held_out: int
    refused: int
    to_go: int
    waiting_for_winner: int
    sent: int

    @property
    def percent(self) -> int:
        return round(100 * (self.treated - self.to_go) / self.treated) if self.treated else 0


def progress_of(campaigns: Sequence[Campaign]) -> dict[int, Progress]:
    """How far each campaign is, by its id, from kept numbers. Three queries."""
    ids = {one.measure_id: one.pk for one in campaigns if one.measure_id}
    if not ids:
        return {}
    journeys = dict(Journey._base_manager.filter(measure__in=ids).values_list("pk", "measure_id"))
    found = {measure: Counter[str]() for measure in ids}
    for journey, parts in counted(ENROLMENTS, journeys).items():
        numbers = found[journeys[journey]]
        for (arm, status, step, _reason), count in parts.items():
            if status == Enrolment.Status.REFUSED:
                numbers["refused"] += count
            elif arm == "holdout":
                numbers["held_out"] += count
            else:
                numbers["treated"] += count
                numbers["to_go"] += count if status in MOVING else 0
                numbers["waiting_for_winner"] += count if status in MOVING and step == REST else 0
    for measure, parts in counted(SENT, ids).items():
        found[measure]["sent"] = sum(parts.values())
    return {
        pk: Progress(
            treated=found[measure]["treated"],
            held_out=found[measure]["held_out"],
            refused=found[measure]["refused"],
            to_go=found[measure]["to_go"],
            waiting_for_winner=found[measure]["waiting_for_winner"],
            sent=found[measure]["sent"],
        )
        for measure, pk in ids.items()
    }


@dataclass(frozen=True)
class Shown:
    """The figures of the arms as a page shows them. at: of when they are; None where they are still to be computed."""

    arms: dict[str, ArmFigures]
    at: datetime | None


def is_large(progress: Progress | None) -> bool:
    """Whether the figures of the arms take too long to be computed while somebody waits."""
    return progress is not None and progress.treated > LARGE


def shown_figures(campaign: Campaign, progress: Progress | None, now: datetime) -> Shown:
    """The figures of each arm: of `now` for a small campaign, of when the sweep computed them for a large one."""
    if not is_large(progress):
        return Shown(arms_figures(campaign, now), now)
    kept = campaign.kept_figures
    if not kept:
        return Shown({}, None)
    return Shown({one["key"]: ArmFigures(**one) for one in kept["arms"]}, datetime.fromisoformat(kept["at"]))
