"""The documentation cannot lie: what is declared is on its pages, links lead somewhere, commands exist as they are told."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fixtures.presence import CHECKOUT

from regulars.core.roles import PERMISSIONS, ROLE_PERMISSIONS, Role
from regulars.run import reference, surface

DOCS = CHECKOUT / "docs"
SOURCE = CHECKOUT / "src" / "regulars"
LOCALES = ("en", "de")
FIGURES = {"en": "kpis.md", "de": "kpis.de.md"}
PAGES = sorted([*CHECKOUT.glob("*.md"), *DOCS.rglob("*.md"), *SOURCE.rglob("*.md")])
LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def told(path: Path) -> str:
    return str(path.relative_to(CHECKOUT))


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def declared(pattern: str, files: str) -> list[str]:
    """Keys in the sources, found without importing: independent of what the pages are written from."""
    found = {
        key
        for path in SOURCE.rglob(files)
        if "tests" not in path.parts
        for key in re.findall(pattern, path.read_text(encoding="utf-8"))
    }
    return sorted(found)


def test_the_written_pages_say_what_the_code_says():
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src"), "REGULARS_LANGUAGE": "de"}
    call = [sys.executable, "-m", "regulars.run.cli", "docs", "--check"]
    done = subprocess.run(call, capture_output=True, text=True, cwd=CHECKOUT, env=environment, timeout=120, check=False)

    assert done.stderr == ""
    assert done.returncode == 0


def test_a_page_that_says_something_else_is_found_and_mended(tmp_path):
    roles = "guide/de/reference/roles.md"
    assert reference.stale(tmp_path) == list(reference.PAGES)
    reference.write(tmp_path)
    assert reference.stale(tmp_path) == []

    changed = tmp_path / roles
    changed.write_text(changed.read_text(encoding="utf-8").replace("✓", "✗", 1), encoding="utf-8")

    assert reference.stale(tmp_path) == [roles]
    assert reference.write(tmp_path) == [roles]
    assert reference.stale(tmp_path) == []


@pytest.mark.parametrize("locale", LOCALES)
def test_every_figure_is_defined(locale):
    keys = declared(r'@kpi\(\s*"([a-z0-9_]+)"', "kpis/*.py")
    assert {"revenue", "customer_retention_rate"} <= set(keys)
    assert [key for key in keys if f"| `{key}` |" not in page(f"guide/{FIGURES[locale]}")] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_every_event_type_is_told(locale):
    keys = declared(r'event_type\(\s*"([a-z_.]+)"', "event_types.py")
    assert {"order.placed", "consent.withdrawn"} <= set(keys)
    assert [key for key in keys if f"`{key}`" not in page(f"guide/{locale}/reference/timeline.md")] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_every_permission_has_a_row_with_the_roles_that_have_it(locale):
    rows = {
        cells[-1].strip("` "): cells[1:-1]
        for line in page(f"guide/{locale}/reference/roles.md").splitlines()
        if line.startswith("|") and (cells := [cell.strip() for cell in line.strip("|").split("|")])
    }
    assert {key: [cell == "✓" for cell in rows[key]] for key in PERMISSIONS} == {
        key: [key in ROLE_PERMISSIONS[role] for role in Role] for key in PERMISSIONS
    }


def test_every_sweep_is_told():
    keys = declared(r'@sweep\(\s*"([a-z_.]+)"', "sweeps.py")
    assert {"timeline.react", "contact_policy.grant"} <= set(keys)
    assert [key for key in keys if f"`{key}`" not in page("developers/sweeps.md")] == []


def test_every_command_and_option_is_told():
    text = page("developers/commands.md")
    missing = []
    for name, file in surface.command_files().items():
        for full, leaf in surface.leaves(surface.load(file), name):
            chapter = text.partition(f"\n## `./regulars {full}`\n")[2].partition("\n## ")[0]
            asked = [opt for param in leaf.params for opt in param.opts if opt.startswith("--")]
            missing += [f"{full} {opt}" for opt in asked if opt != "--help" and f"`{opt}`" not in chapter]
            missing += [] if chapter else [full]
    assert missing == []


def test_every_operation_of_the_interface_is_told():
    operations = declared(r'@router\.(?:get|post|put|patch|delete)\(\s*"([^"]+)"', "routes/*.py")
    assert "/vouchers/{code}/redeem" in operations
    assert [path for path in operations if f"/api/v1{path}`" not in page("developers/api.md")] == []


def test_every_test_that_the_documentation_names_is_there():
    named = re.findall(
        r"`((?:src|tests)/[\w/]+\.py)::(test_\w+)`", (CHECKOUT / "docs/developers/testing.md").read_text()
    )
    assert len(named) > 10
    gone = [(file, name) for file, name in named if f"def {name}(" not in (CHECKOUT / file).read_text()]
    assert gone == []


def test_every_link_leads_to_a_file():
    broken = []
    for path in PAGES:
        for target in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
            if "://" in target or target.startswith(("#", "mailto:")):
                continue
            if not (path.parent / target.partition("#")[0]).exists():
                broken.append(f"{told(path)} → {target}")
    assert broken == []


def test_every_page_of_the_guide_has_both_languages():
    pages = {
        locale: sorted(
            str(path.relative_to(DOCS / "guide" / locale)) for path in (DOCS / "guide" / locale).rglob("*.md")
        )
        for locale in LOCALES
    }
    assert "first-steps.md" in pages["en"]
    assert pages["en"] == pages["de"]


@pytest.mark.parametrize("locale", LOCALES)
def test_every_playbook_is_told_with_its_settings_and_messages(locale):
    text = page(f"guide/{locale}/reference/playbooks.md")
    folders = sorted(path.parent for path in (SOURCE / "playbooks").glob("*/playbook.py"))
    assert {"win_back", "birthday_gift"} <= {folder.name for folder in folders}
    for folder in folders:
        assert f"(`{folder.name}`)" in text
        for message in folder.glob("messages/*.mjml"):
            subject = re.search(r"^subject: *(.+)$", message.read_text(encoding="utf-8"), re.MULTILINE)
            assert subject, told(message)
            assert subject[1].strip() in text, told(message)


def test_every_setting_is_told():
    read = declared(r'env\.\w+\(\s*"(REGULARS_[A-Z_]+)"', "settings.py")
    assert "REGULARS_DATABASE" in read
    assert [name for name in read if f"| `{name}` |" not in page("guide/settings.md")] == []


def told_commands() -> list[tuple[str, list[str]]]:
    """(page, words after `./regulars`) of each command line in a block of code, and in the text between backquotes."""
    found = []
    for path in PAGES:
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        blocks = FENCE.findall(text)
        lines = [line.strip() for block in blocks for line in block.splitlines()]
        lines += re.findall(r"`(\./regulars [^`]+)`", FENCE.sub("", text))
        for line in lines:
            if line.startswith("./regulars ") and "|" not in line and "…" not in line:
                words = shlex.split(re.split(r"\s{2,}", line)[0], comments=True)[1:]
                found.append((told(path), words))
    return found


def problem(words: list[str], leaves: dict[str, object]) -> str:
    """What the program does not know of a command line; "" if it knows all."""
    if words[0].startswith("-") or words[0] == "COMMAND":
        return ""
    name = next((" ".join(words[:n]) for n in (2, 1) if " ".join(words[:n]) in leaves), None)
    if name is None:
        is_group = len(words) == 1 and any(full.startswith(f"{words[0]} ") for full in leaves)
        return "" if is_group else f"there is no command {' '.join(words[:2])}"
    leaf = leaves[name]
    if leaf.context_settings.get("ignore_unknown_options"):
        return ""
    known = {opt for param in leaf.params for opt in param.opts} | {"--help"}
    unknown = [
        word.partition("=")[0] for word in words if word.startswith("--") and word.partition("=")[0] not in known
    ]
    return f"{name} does not know {', '.join(unknown)}" if unknown else ""


def test_every_command_line_in_the_documentation_is_known_to_the_program():
    files = surface.command_files()
    leaves = {full: leaf for name in files for full, leaf in surface.leaves(surface.load(files[name]), name)}

    assert problem(["fly", "home"], leaves) == "there is no command fly home"
    assert problem(["kpis", "--shop", "x", "--moon"], leaves) == "kpis does not know --moon"
    lines = told_commands()
    assert len(lines) > 30
    assert [f"{where}: {found}" for where, words in lines if (found := problem(words, leaves))] == []
