"""The reference pages for developers: what is declared in the code, and the interface."""

import json
from collections.abc import Callable
from typing import Any

from django.test import RequestFactory
from django.urls import resolve
from django.utils import translation

from regulars.core.listeners import LISTENERS
from regulars.core.sweeps import SWEEPS
from regulars.core.variables import VARIABLES
from regulars.run.surface import command_files, leaves, load

from .markdown import code, table

MADE = "Written by `./regulars docs --write` from the code."
API = "/api/v1/openapi.json"


def sweeps() -> str:
    """What runs by the clock, and who listens to what."""
    rows = [
        (
            code(one.key),
            _rhythm(one.every.total_seconds()),
            "one worker a shop" if one.serial else "any number of workers",
            _rhythm(one.lease.total_seconds()),
            one.order,
            _first_line(one.run),
        )
        for one in sorted(SWEEPS.values(), key=lambda one: (one.order, one.key))
    ]
    heard = [(code(one.key), ", ".join(code(kind) for kind in sorted(one.types))) for one in LISTENERS.values()]
    return (
        f"# Sweeps and listeners\n\n{MADE} A sweep runs for each shop; it is called again at once while it finds something.\n\n"
        + table(["sweep", "every", "run by", "lease", "order", "what it does"], rows)
        + "\n## Listeners\n\n"
        + table(["listener", "hears"], sorted(heard))
    )


def commands() -> str:
    """Every command with its options."""
    text = f"# Commands\n\n{MADE} `./regulars COMMAND --help` says the same.\n"
    for file in command_files().values():
        for name, leaf in leaves(load(file), file.name):
            text += f"\n## `./regulars {name}`\n\n{_prose(leaf.help)}\n"
            if leaf.epilog:
                text += f"\n{leaf.epilog.replace('Example: ', 'Example: `')}`\n"
            rows = [_option(one) for one in leaf.params if one.name != "help"]
            if rows:
                text += "\n" + table(["option", "what it is", "default"], rows)
    return text


def api() -> str:
    """Every operation of the REST interface, from its OpenAPI description."""
    schema = _description()
    text = (
        f"# The REST interface\n\n{MADE} {schema['info']['description']} The description for programs is `{API}`.\n\n"
        "A call carries `Authorization: Bearer rg_…`. A key belongs to one shop and has scopes; it is shown once, when it "
        "is made.\n"
    )
    for path, operations in schema["paths"].items():
        for verb, one in operations.items():
            text += f"\n## {one.get('summary', '')}\n\n`{verb.upper()} {path}`\n\n{_prose(one.get('description'))}\n\n"
            rows = [
                (code(asked["name"]), asked["in"], "yes" if asked.get("required") else "no", _kind(asked["schema"]))
                for asked in one.get("parameters", [])
            ]
            if rows:
                text += table(["parameter", "in", "required", "type"], rows) + "\n"
            for content in one.get("requestBody", {}).get("content", {}).values():
                text += _body(schema, content)
            for status, answer in one["responses"].items():
                for content in answer.get("content", {}).values() if int(status) < 300 else ():
                    text += f"Answer ({status}):\n\n" + _fields(schema, content["schema"]) + "\n"
            wrong = [str(status) for status in one["responses"] if int(status) >= 400]
            text += f"Errors, as problem+json: {', '.join(wrong)}.\n"
    return text


def variables() -> str:
    """What a message may say about a customer."""
    text = f"# Variables of messages\n\n{MADE} A template writes them as `{{{{ group.field }}}}`.\n"
    for one in sorted(VARIABLES.values(), key=lambda one: one.name):
        rows = [(code(f"{one.name}.{name}"), says, one.sample.get(name, "")) for name, says in one.fields.items()]
        text += f"\n## {one.name}\n\n" + table(["variable", "what it says", "sample"], rows)
    return text


def settings() -> str:
    """The settings, as their own command writes them."""
    from regulars.run.commands.settings import page

    return page()


def _description() -> dict[str, Any]:
    found = resolve(API)
    request = RequestFactory().get(API)
    answer = found.func(request, *found.args, **found.kwargs)
    described: dict[str, Any] = json.loads(answer.content)
    return described


def _body(schema: dict[str, Any], content: dict[str, Any]) -> str:
    """The fields of a body, those of the parts it is made of, and an example."""
    part, title = content["schema"], "Body"
    if "anyOf" in part:
        part, title = part["anyOf"][0], f"Body: one of these, or a list of 1 to {part['anyOf'][1]['maxItems']}"
    if "$ref" not in part or "example" not in content:
        return f"{title}:\n\n" + _fields(schema, part) + "\n"
    text, named, told = f"{title}. ", [part["$ref"].rsplit("/", 1)[-1]], 0
    while told < len(named):
        one = schema["components"]["schemas"][named[told]]
        text += (
            (f"`{named[told]}`: " if told else "")
            + _prose(one.get("description"))
            + "\n\n"
            + _fields(schema, one)
            + "\n"
        )
        named += [name for name in _refs(one.get("properties", {})) if name not in named]
        told += 1
    return text + f"```json\n{json.dumps(content['example'], indent=2)}\n```\n\n"


def _refs(part: Any) -> list[str]:
    """Names of the schemas that a part points to, in their order."""
    if isinstance(part, dict):
        own = [part["$ref"].rsplit("/", 1)[-1]] if "$ref" in part else []
        return own + [name for inside in part.values() for name in _refs(inside)]
    return [name for inside in part for name in _refs(inside)] if isinstance(part, list) else []


def _fields(schema: dict[str, Any], part: dict[str, Any]) -> str:
    if "$ref" in part:
        part = schema["components"]["schemas"][part["$ref"].rsplit("/", 1)[-1]]
    needed = part.get("required", [])
    rows = [
        (code(name), _kind(one), "yes" if name in needed else "no", one.get("description", ""))
        for name, one in part.get("properties", {}).items()
    ]
    return table(["field", "type", "always there", "what it is"], rows)


def _kind(part: dict[str, Any]) -> str:
    if "anyOf" in part:
        return " or ".join(_kind(one) for one in part["anyOf"])
    if part.get("type") == "array" and (inside := _kind(part.get("items", {}))):
        return f"list of {inside}"
    kind = str(part.get("type", part.get("$ref", "").rsplit("/", 1)[-1]))
    return f"{kind}, {part['format']}" if "format" in part else kind


def _option(one: Any) -> tuple[str, str, str]:
    is_argument = one.param_type_name == "argument"
    name = one.name.upper() if is_argument else ", ".join(one.opts)
    is_plain = isinstance(one.default, str | int | float) and not isinstance(one.default, bool)
    default = "required" if one.required else str(one.default) if is_plain and one.default != "" else ""
    return code(name), getattr(one, "help", None) or "", default


def _prose(text: str | None) -> str:
    return "\n\n".join(" ".join(block.split()) for block in (text or "").replace("\b", "").split("\n\n"))


def _first_line(run: Callable[..., Any]) -> str:
    return (run.__doc__ or "").strip().partition("\n")[0]


def _rhythm(seconds: float) -> str:
    for size, word in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f} {word}"
    return f"{seconds:g} s"


def _in_english(write: Callable[[], str]) -> Callable[[], str]:
    def written() -> str:
        with translation.override("en"):
            return write()

    return written


PAGES: dict[str, Callable[[], str]] = {
    "api": _in_english(api),
    "commands": _in_english(commands),
    "sweeps": _in_english(sweeps),
    "variables": _in_english(variables),
}
