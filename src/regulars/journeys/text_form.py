"""The text form of a journey: a TOML file, for version control and any editor. Equal in both directions.

`write` gives every value a line of its own in a fixed order, so that a change of one value is a change of one line;
`read(write(document)) == document` for every document that can be published. In the file a step's parameters stand beside
its key and kind, and the texts of a message in its language's table.
"""

import math
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from regulars.core.errors import Refused

from .document import HEAD, MOST_BYTES, PARTS
from .messages import MESSAGE_PARTS

ORDER = ("format", *(field.key for field in HEAD), *PARTS, "trigger", "steps", "messages")
_BARE = re.compile(r"\A[A-Za-z0-9_-]+\Z")
_STEP = ("key", "kind")


def write(document: Mapping[str, Any]) -> str:
    """The text of a document."""
    names = sorted(document, key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    plain = {name: document[name] for name in names if name not in ("trigger", "steps", "messages")}
    tables = {name: value for name, value in plain.items() if isinstance(value, Mapping)}
    lines = [_line(name, value) for name, value in plain.items() if name not in tables]
    for name, value in tables.items():
        lines += ["", f"[{_name(name)}]", *_lines(value)]
    if "trigger" in document:
        lines += ["", "[trigger]", *_lines(document["trigger"], ("kind",))]
    for step in document.get("steps", []):
        flat = {"key": step["key"], "kind": step["kind"], **step.get("params", {})}
        lines += ["", "[[steps]]", *_lines(flat, _STEP)]
    if "messages" in document and not document["messages"]:
        lines += ["", "[messages]"]
    for key, message in document.get("messages", {}).items():
        lines += _message(key, message)
    return "\n".join(lines) + "\n"


def _message(key: str, message: Mapping[str, Any]) -> list[str]:
    lines = ["", f"[messages.{_name(key)}]"]
    lines += [_line(name, message[name]) for name in ("name", "channel") if name in message]
    for locale, text in message["texts"].items():
        lines += ["", f"[messages.{_name(key)}.{_name(locale)}]", *_lines(text, MESSAGE_PARTS)]
    return lines


def _lines(values: Mapping[str, Any], first: Iterable[str] = ()) -> list[str]:
    order = list(first)
    names = sorted(values, key=lambda name: order.index(name) if name in order else len(order))
    return [_line(name, values[name]) for name in names]


def _line(name: str, value: Any) -> str:
    return f"{_name(name)} = {_value(value)}"


def _name(name: str) -> str:
    return name if _BARE.match(name) else _quoted(name)


def _value(value: Any, indent: str = "") -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Refused(_("%(value)s is not a number that can be written") % {"value": value})
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_name(name)} = {_value(one, indent)}" for name, one in value.items())
        return f"{{{inner}}}" if inner else "{}"
    if isinstance(value, list):
        if not any(isinstance(one, Mapping | list) for one in value):
            return f"[{', '.join(_value(one) for one in value)}]"
        deeper = indent + "  "
        return "[\n" + "".join(f"{deeper}{_value(one, deeper)},\n" for one in value) + f"{indent}]"
    raise Refused(_("a value of the kind %(kind)s cannot be written") % {"kind": type(value).__name__})


def _text(value: str) -> str:
    """A text of several lines keeps them, so that a changed line shows as one."""
    if "\n" not in value or "'''" in value or not _is_literal(value):
        return _quoted(value)
    # A line break after the opening quotes is not part of the text; quotes right before the closing ones would be.
    return f"'''\n{value}'''" if not value.endswith("'") else _quoted(value)


def _is_literal(value: str) -> bool:
    """Whether a text can stand in literal quotes: no control characters, and no line break but \\n."""
    return all(sign in "\n\t" or (sign >= " " and sign != "\x7f") for sign in value)


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _quoted(value: str) -> str:
    signs = (_ESCAPES.get(sign) or (f"\\u{ord(sign):04x}" if sign < " " or sign == "\x7f" else sign) for sign in value)
    return f'"{"".join(signs)}"'


def read(text: str, name: str = "") -> dict[str, Any]:
    """The document of a text; it may still be wrong (`document.problems`). Raises Refused naming the line.

    name: of the file, for the error.
    """
    where = f"{name}: " if name else ""
    if len(text) > MOST_BYTES:
        raise Refused(where + _("more than %(most)s bytes are not read") % {"most": MOST_BYTES}, code="too_big")
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Refused(where + _("this is not TOML: %(error)s") % {"error": error}, code="not_toml") from error
    except RecursionError as error:
        raise Refused(where + _("its tables are nested too deeply"), code="not_toml") from error
    except ValueError as error:  # a number of thousands of digits
        raise Refused(where + _("this is not TOML: %(error)s") % {"error": error}, code="not_toml") from error
    return _document(found, where)


def read_file(path: Path) -> dict[str, Any]:
    """The document of a file, looked at only if it is of a sane size. Raises Refused naming the file and the line."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            words = _("%(name)s has %(n)s bytes: more than %(most)s are not read")
            raise Refused(words % {"name": path.name, "n": size, "most": MOST_BYTES}, code="too_big")
        return read(path.read_bytes().decode("utf-8-sig"), path.name)
    except UnicodeDecodeError as error:
        words = _("%(name)s is not UTF-8 at byte %(n)s: save it as UTF-8")
        raise Refused(words % {"name": path.name, "n": error.start}, code="not_toml") from error
    except OSError as error:
        words = _("%(name)s cannot be read: %(error)s")
        raise Refused(words % {"name": path, "error": error.strerror or error}, code="no_file") from error


def _document(found: dict[str, Any], where: str) -> dict[str, Any]:
    document = dict(found)
    if isinstance(document.get("steps"), list):
        document["steps"] = [_step(one) for one in document["steps"]]
    if isinstance(document.get("messages"), Mapping):
        document["messages"] = {key: _read_message(one) for key, one in document["messages"].items()}
    if (place := _stranger(document)) is not None:
        words = _("%(place)s: dates and times are written as texts, in quotes")
        raise Refused(where + words % {"place": place}, code="not_toml")
    return document


def _step(one: Any) -> Any:
    if not isinstance(one, Mapping):
        return one
    params = {name: value for name, value in one.items() if name not in _STEP}
    return {name: one[name] for name in _STEP if name in one} | {"params": params}


def _read_message(one: Any) -> Any:
    if not isinstance(one, Mapping):
        return one
    texts = {locale: value for locale, value in one.items() if isinstance(value, Mapping) and locale != "name"}
    rest = {name: value for name, value in one.items() if name not in texts}
    return {**rest, "texts": texts}


def _stranger(value: Any, place: str = "") -> str | None:
    """The place of the first value that JSON does not know (TOML's dates and times)."""
    if isinstance(value, Mapping):
        pairs: Iterable[tuple[Any, Any]] = value.items()
    elif isinstance(value, list):
        pairs = enumerate(value, start=1)
    else:
        return None if isinstance(value, str | int | float | bool) else place
    for name, one in pairs:
        if (found := _stranger(one, f"{place}.{name}".lstrip("."))) is not None:
            return found
    return None
