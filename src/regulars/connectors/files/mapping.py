"""The mapping: what the columns of a file mean. Presets are mappings shipped in `presets/`, one TOML file each."""

import tomllib
from collections.abc import Mapping as AnyMapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from regulars.core.errors import Refused

PRESETS = Path(__file__).parent / "presets"

_ORDER = """
order customer date sku title quantity unit_price line_value line_discount currency email first_name last_name phone
country accepts_marketing order_discount tax shipping total voucher cancelled_at refunded returned_order version
"""
_CUSTOMER = """
number email phone first_name last_name locale timezone country birthday since accepts_marketing consent_channel
consent_purpose consent_wording consent_evidence consent_given_at consent_confirmed_at company street street_2 postal_code
city region
"""
ORDER_FIELDS = frozenset(_ORDER.split())
CUSTOMER_FIELDS = frozenset(_CUSTOMER.split())
ROW_RULES = ("returns", "cancellations", "tests", "skip", "not_merchandise")
TESTS = ("starts_with", "equals", "in", "matches", "empty", "at_most", "below")


@dataclass(frozen=True)
class Condition:
    """One condition on a column of the file, or on the field `{field}`; `test` is one of TESTS."""

    column: str
    test: str
    value: Any


@dataclass(frozen=True)
class Mapping:
    """columns: field → names under which the file may have it. constants: field → value for every row.

    rules: what rows are (ROW_RULES) → conditions of which one must hold. date_formats: "iso" or as of strptime.
    zone: of moments without an offset; "" is the shop's. each_row_an_order: the file has no order number.
    zero_counts: orders without value count, too. tax_is_in: whether prices hold the tax, None: told by the total.
    """

    name: str
    title: AnyMapping[str, str]
    columns: dict[str, tuple[str, ...]]
    constants: dict[str, str]
    rules: dict[str, tuple[Condition, ...]] = field(default_factory=dict)
    date_formats: tuple[str, ...] = ("iso",)
    zone: str = ""
    encoding: str = "utf-8"
    delimiter: str = ""
    decimal: str = "."
    thousands: str = ""
    each_row_an_order: bool = False
    zero_counts: bool = False
    tax_is_in: bool | None = True
    strip_customer: str = ""


def presets(kind: str = "") -> list[str]:
    """Names of the presets, of one kind ("orders", "customers") or all."""
    return sorted(path.stem for path in PRESETS.glob("*.toml") if kind in ("", _kind_of(path)))


@cache
def _kind_of(path: Path) -> str:
    return str(tomllib.loads(path.read_text(encoding="utf-8")).get("kind", "orders"))


def preset_title(name: str, language: str) -> str:
    """What a preset is called in a language (English where it has no name in that one)."""
    titles = tomllib.loads(preset_text(name)).get("title", {})
    return str(titles.get(language[:2]) or titles.get("en") or name)


def preset_text(name: str) -> str:
    """The TOML text of a preset. Refused for an unknown name."""
    if name not in presets():
        raise Refused(f"there is no preset {name!r}; there are {', '.join(presets())}")
    return (PRESETS / f"{name}.toml").read_text(encoding="utf-8")


def read_mapping(text: str, name: str, kind: str) -> Mapping:
    """The mapping written as TOML in `text`. Refused names the place and what is possible there."""
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"the mapping {name} is not TOML: {error}") from error
    if told.get("kind", "orders") != kind:
        raise Refused(f"the mapping {name} is for {told.get('kind', 'orders')}, not for {kind}")
    _only(told, {"title", "kind", "file", "columns", "constants", "dates", "rows"}, name)
    fields = ORDER_FIELDS if kind == "orders" else CUSTOMER_FIELDS
    columns = {
        key: (names,) if isinstance(names, str) else tuple(names) for key, names in _table(told, "columns").items()
    }
    constants = {key: str(value) for key, value in _table(told, "constants").items()}
    _only(columns, fields, f"{name}, [columns]")
    _only(constants, fields, f"{name}, [constants]")
    file, dates, rows = (_table(told, key) for key in ("file", "dates", "rows"))
    _only(file, {"encoding", "delimiter", "decimal", "thousands", "strip_customer"}, f"{name}, [file]")
    _only(dates, {"formats", "zone"}, f"{name}, [dates]")
    _only(rows, {*ROW_RULES, "each_row_an_order", "zero_counts", "tax_is_in"}, f"{name}, [rows]")
    zone = str(dates.get("zone", ""))
    if zone and zone not in available_timezones():
        raise Refused(f"{name}, [dates]: {zone!r} is no time zone, such as Europe/Berlin")
    decimal = str(file.get("decimal", "."))
    if decimal not in (".", ","):
        raise Refused(f"{name}, [file]: decimal is '.' or ','")
    try:
        "".encode(str(file.get("encoding", "utf-8")))
    except LookupError as error:
        raise Refused(f"{name}, [file]: the encoding {file['encoding']!r} is not known") from error
    tax = rows.get("tax_is_in", True)
    return Mapping(
        name=name,
        title=told.get("title", {}),
        columns=columns,
        constants=constants,
        rules={rule: _conditions(rows.get(rule, []), f"{name}, [rows], {rule}") for rule in ROW_RULES},
        date_formats=tuple(dates.get("formats", ["iso"])),
        zone=zone,
        encoding=str(file.get("encoding", "utf-8")),
        delimiter=str(file.get("delimiter", "")),
        decimal=decimal,
        thousands=str(file.get("thousands", "." if decimal == "," else "")),
        each_row_an_order=bool(rows.get("each_row_an_order", False)),
        zero_counts=bool(rows.get("zero_counts", False)),
        tax_is_in=None if tax == "auto" else bool(tax),
        strip_customer=str(file.get("strip_customer", "")),
    )


def _table(told: dict[str, Any], key: str) -> dict[str, Any]:
    value = told.get(key, {})
    if not isinstance(value, dict):
        raise Refused(f"[{key}] of a mapping is a table")
    return value


def _only(told: AnyMapping[str, Any], allowed: frozenset[str] | set[str], place: str) -> None:
    if unknown := sorted(set(told) - allowed):
        raise Refused(f"{place}: {', '.join(unknown)} is not known; possible are {', '.join(sorted(allowed))}")


def _conditions(told: Any, place: str) -> tuple[Condition, ...]:
    found = []
    for one in [told] if isinstance(told, dict) else told:
        tests = [key for key in one if key in TESTS]
        if "column" not in one or len(tests) != 1 or len(one) != 2:
            raise Refused(f"{place}: a condition has a column and one of {', '.join(TESTS)}")
        found.append(Condition(str(one["column"]), tests[0], one[tests[0]]))
    return tuple(found)


def bound(mapping: Mapping, header: list[str]) -> dict[str, str]:
    """field → the column of this file that holds it, chosen without regard to case and blanks at the ends.

    Refused where a column that is needed comes twice, or a condition names one that is not there.
    """
    by_name: dict[str, list[str]] = {}
    for column in header:
        by_name.setdefault(column.strip().casefold(), []).append(column)
    used: dict[str, str] = {}

    def pick(name: str, what: str) -> str | None:
        same = by_name.get(name.strip().casefold(), [])
        if len(same) > 1:
            raise Refused(f"line 1: the column {name!r}, which holds the {what}, comes {len(same)} times")
        return same[0] if same else None

    for wanted, names in mapping.columns.items():
        found = next((there for name in names if (there := pick(name, wanted)) is not None), None)
        if found is not None:
            used[wanted] = found
    for rule, conditions in mapping.rules.items():
        for one in conditions:
            meant = one.column.strip("{}")
            named = used.get(meant) if meant != one.column else pick(one.column, rule)
            if named is None:
                raise Refused(f"line 1: the column {one.column!r} is missing, which says which rows are {rule}")
            used[f"rule:{one.column}"] = named
    return used


def demand(mapping: Mapping, used: dict[str, str], needs: list[tuple[str, ...]]) -> None:
    """Refused where of each of `needs` (fields, any of which will do) none is there."""
    for fields in needs:
        if not any(one in used or one in mapping.constants for one in fields):
            names = [name for one in fields for name in mapping.columns.get(one, (one,))]
            raise Refused(f"line 1: a column for the {' or '.join(fields)} is missing; looked for {', '.join(names)}")
