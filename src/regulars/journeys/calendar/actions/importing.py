"""Entries from a file: a second run of the same file changes nothing, and an older one overwrites nothing newer."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.decide.goals.models import Measure
from regulars.decide.segments.models import Segment
from regulars.journeys.calendar.models import CalendarEntry
from regulars.journeys.calendar.occurrences import repeats_until
from regulars.journeys.calendar.reading import Found, Said, read
from regulars.journeys.calendar.rules import Work

LARGEST = 20 * 1024 * 1024
"""Bytes of a file."""
VALUES = (
    "kind", "title", "description", "place", "begins_at", "ends_at", "whole_days", "zone", "announced_at", "segment_id",
    "measure_id", "status", "sequence", "revised_at", "recurrence", "further", "left_out", "extra",
)  # fmt: skip
"""Columns that a file tells."""
OF_OURS = ("repeats_until", "updated_at", "updated_by")
VALUES_OF_ROWS = [name.removesuffix("_id") for name in VALUES]
OWN = ("segment_id", "measure_id", "announced_at")
COSMETIC = {"sequence", "revised_at"}
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

BATCH = 500
"""Entries of one transaction."""

Key = tuple[str, str]


@dataclass(frozen=True)
class Imported:
    """read: events in the file = added + changed + unchanged + refused (a file that is refused as a whole has one refusal and
    no events). noted: what could not be taken of entries that were."""

    read: int
    added: int
    changed: int
    unchanged: int
    refused: Sequence[Said]
    noted: Sequence[Said]


def import_ics(
    shop: Shop, name: str, data: bytes, now: datetime, staff: Staff | None = None, *, largest: int = LARGEST
) -> Imported:
    """Takes in the events of `data`, the content of the file `name`. Raises Refused for one of more than `largest` bytes.

    Written in batches, each whole with its AuditEntry: whoever is broken off half-way imports the file again.
    """
    check_size(name, len(data), largest)
    found = read(name, data, shop.timezone)
    chosen = list(_by_key(name, found).items())
    counts, work = Counter[str](), Work()
    for start in range(0, len(chosen), BATCH):
        with transaction.atomic():
            wrote = _write(shop, dict(chosen[start : start + BATCH]), now, staff, work)
            if any(wrote.values()):
                audit("calendar.imported", now=now, shop=shop, staff=staff, file=name[-200:], **wrote)
        counts.update(wrote)
    # An announcement has the fate of its entry.
    unchanged = found.events - len(found.refused) - counts["added"] - counts["changed"] if found.events else 0
    return Imported(found.events, counts["added"], counts["changed"], max(unchanged, 0), found.refused, found.noted)


def check_size(name: str, size: int, largest: int) -> None:
    """Raises Refused for a file of more than `largest` bytes."""
    if size > largest:
        words = {"file": name, "size": largest // 1024 // 1024}
        raise Refused(_("%(file)s has more than %(size)s MB: split it into several files.") % words, code="too_large")


def _by_key(name: str, found: Found) -> dict[Key, dict[str, Any]]:
    """The newest of each entry, with its announcement; what stands twice, or announces nothing, is refused."""
    chosen: dict[Key, dict[str, Any]] = {}
    order = {id(values): place for place, values in enumerate(found.entries)}
    for values in sorted(found.entries, key=lambda one: (one["sequence"], one["revised_at"] or LONG_AGO), reverse=True):
        key = (values["uid"], values["recurrence_id"])
        if key in chosen:
            component = found.components[order[id(values)]]
            reason = _("Another event of this file has the same UID.")
            found.refused.append(Said(name, component, reason, _("Give each event a UID of its own.")))
            continue
        chosen[key] = values
    for key, moment, revised, component in found.announcements:
        if key not in chosen:
            reason = _("It announces an entry that is not in this file.")
            found.refused.append(Said(name, component, reason, _("Export the calendar as a whole.")))
            continue
        chosen[key]["announced_at"] = moment
        chosen[key]["revised_at"] = max(filter(None, (chosen[key]["revised_at"], revised)), default=None)
    return chosen


def _write(
    shop: Shop, chosen: dict[Key, dict[str, Any]], now: datetime, staff: Staff | None, work: Work
) -> dict[str, int]:
    """A fixed number of queries, however many entries."""
    segments = _ids(Segment, shop, {values["segment"] for values in chosen.values()})
    measures = _ids(Measure, shop, {values["measure"] for values in chosen.values()})
    uids = {uid for uid, _recurrence in chosen}
    rows = CalendarEntry._base_manager.select_for_update().filter(shop=shop, uid__among=uids)
    there = {(row.uid, row.recurrence_id): row for row in rows}
    new, changed = [], []
    for key, told in chosen.items():
        values = {name: told[name] for name in VALUES if name in told}
        values["segment_id"] = segments.get(told["segment"])
        values["measure_id"] = measures.get(told["measure"])
        row = there.get(key)
        if row is not None:  # other programs lose what only this one knows
            values |= {name: getattr(row, name) for name in OWN if values[name] is None}
        if row is None:
            uid, recurrence_id = key
            row = CalendarEntry(shop=shop, uid=uid, recurrence_id=recurrence_id, created_at=now)
            new.append(row)
        elif _is_older(values, row) or all(getattr(row, name) == values[name] for name in set(values) - COSMETIC):
            continue
        else:
            changed.append(row)
        for name, value in values.items():
            setattr(row, name, value)
        row.updated_at, row.updated_by = now, staff
        row.repeats_until = repeats_until(row, work)
    CalendarEntry._base_manager.bulk_create(new, batch_size=500)
    if changed:
        CalendarEntry._base_manager.bulk_update(changed, [*VALUES_OF_ROWS, *OF_OURS], batch_size=200)
    return {"added": len(new), "changed": len(changed)}


def _is_older(values: dict[str, Any], row: CalendarEntry) -> bool:
    """Whether what the file says was said before what is here. Of two without a date the one that comes later is newer."""
    told, known = values["revised_at"], row.revised_at
    if values["sequence"] != row.sequence or told is None or known is None:
        return bool(values["sequence"] < row.sequence)
    return bool(told < known.replace(microsecond=0))


def _ids(model: type[Segment] | type[Measure], shop: Shop, keys: set[str]) -> dict[str, int]:
    wanted = keys - {""}
    rows: Any = model._base_manager.filter(shop=shop, key__in=wanted) if wanted else model._base_manager.none()
    return dict(rows.values_list("key", "pk"))
