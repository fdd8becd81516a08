"""German at run time: the catalogues of all modules, merged and compiled into REGULARS_HOME. Needs no gettext tools.

A module keeps its German in `locale/de/LC_MESSAGES/django.po` beside its code; `./regulars messages` keeps it complete.
"""

import os
from pathlib import Path

from .apps_found import ROOT

LANGUAGE = "de"


def catalogue_files() -> list[Path]:
    """The German catalogues of all modules."""
    return sorted(ROOT.rglob(f"locale/{LANGUAGE}/LC_MESSAGES/django.po"))


def compiled(home: Path) -> Path:
    """The folder for LOCALE_PATHS, its django.mo at the state of the sources.

    Costs a look at each source's size and time; compiles only after a change. Processes that start at once each write a
    file of their own and swap it in, so that none ever reads half a catalogue.
    """
    target = home / "locale" / LANGUAGE / "LC_MESSAGES" / "django.mo"
    stamp = target.with_suffix(".stamp")
    state = "\n".join(
        f"{path.relative_to(ROOT)} {info.st_mtime_ns} {info.st_size}"
        for path in catalogue_files()
        for info in [path.stat()]
    )
    try:
        fresh = target.exists() and stamp.read_text(encoding="utf-8") == state
    except OSError:
        fresh = False
    if not fresh:
        _compile(target)
        _swap_in(stamp, state.encode())
    return home / "locale"


def _compile(target: Path) -> None:
    from io import BytesIO

    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    merged = Catalog(locale=LANGUAGE, domain="django")
    for path in catalogue_files():
        with path.open("rb") as source:
            for message in read_po(source, locale=LANGUAGE):
                if message.id and not message.fuzzy and merged.get(message.id, message.context) is None:
                    merged.add(message.id, message.string, context=message.context)
    content = BytesIO()
    write_mo(content, merged)
    _swap_in(target, content.getvalue())


def _swap_in(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)
