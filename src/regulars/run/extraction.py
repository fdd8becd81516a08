"""Translatable texts, found in Python and templates with babel, kept in one German catalogue for each module."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[1]
"""The package `regulars`."""

LANGUAGE = "de"
CATALOGUE = Path("locale") / LANGUAGE / "LC_MESSAGES" / "django.po"

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...]] = {
    "_": (1,),
    "gettext": (1,),
    "gettext_lazy": (1,),
    "gettext_noop": (1,),
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

HEADER = """\
msgid ""
msgstr ""
"Language: de\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""
"""Without dates: a catalogue changes when its texts do, and only then."""

Key = tuple[str, str | None]


@dataclass
class Text:
    """One msgid with where it is used. `plural` is set where the text has one."""

    single: str
    plural: str | None
    context: str | None
    places: set[str] = field(default_factory=set)

    @property
    def key(self) -> Key:
        """What makes two texts the same one."""
        return (self.single, self.context)


def sources(root: Path = ROOT) -> Iterator[Path]:
    """Python files and templates that can hold texts; tests and migrations do not."""
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root).parts
        if {"tests", "migrations", "__pycache__", "static", "locale"} & set(inside):
            continue
        if path.suffix == ".py" or ("templates" in inside and path.suffix in {".html", ".txt", ".mjml", ".xml"}):
            yield path


def owner(path: Path, root: Path = ROOT) -> Path:
    """The folder whose catalogue holds the texts of `path`: the nearest with `apps.py` or `locale`, else the root."""
    for folder in path.parents:
        if folder == root or (folder / "apps.py").exists() or (folder / "locale").is_dir():
            return folder
    return root


def texts_of(path: Path) -> Iterator[Text]:
    """All translatable texts of one file."""
    content = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # What is not a text becomes a row of capital letters; only its indentation could mislead a reader of Python.
        content = re.sub(r"(?m)^[ \t]+", "", templatize(content, origin=str(path)))
    calls: Iterable[Any] = extract_python(BytesIO(content.encode()), KEYWORDS, ["Translators:"], {"encoding": "utf-8"})
    for _line, function, arguments, _comments in calls:
        given = arguments if isinstance(arguments, tuple) else (arguments,)
        picked: list[str] = []
        context: str | None = None
        for spec in KEYWORDS[function]:
            number = spec[0] if isinstance(spec, tuple) else spec
            value = given[number - 1] if len(given) >= number else None
            if not isinstance(value, str) or not value:
                picked = []
                break
            if isinstance(spec, tuple):
                context = value
            else:
                picked.append(value)
        if picked:
            yield Text(picked[0], picked[1] if len(picked) > 1 else None, context)


def extract(root: Path = ROOT) -> dict[Path, dict[Key, Text]]:
    """Texts by owner folder. A text with a plural anywhere has it everywhere."""
    found: dict[Path, dict[Key, Text]] = {}
    for path in sources(root):
        texts = list(texts_of(path))
        if texts:
            texts_here = found.setdefault(owner(path, root), {})
            for text in texts:
                kept = texts_here.setdefault(text.key, text)
                kept.plural = kept.plural or text.plural
                kept.places.add(str(path.relative_to(root)))
    return found


def read_catalogue(folder: Path) -> dict[Key, Message]:
    """The messages that the catalogue of `folder` holds now; none if there is no catalogue."""
    path = folder / CATALOGUE
    if not path.exists():
        return {}
    with path.open("rb") as source:
        return {
            (_single(message.id), message.context): message
            for message in read_po(source, locale=LANGUAGE)
            if message.id
        }


def update(folder: Path, texts: dict[Key, Text]) -> bool:
    """Writes the catalogue of `folder` anew: translations kept by exact text, nothing guessed, the unused dropped.

    Returns whether the file changed.
    """
    before = read_catalogue(folder)
    catalogue = Catalog(locale=LANGUAGE, domain="django")
    for key, text in sorted(texts.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        old = before.get(key)
        translated = old.string if old is not None and not old.fuzzy else None
        if text.plural and not isinstance(translated, tuple | list):
            translated = (translated, "") if translated else ("", "")
        elif not text.plural and isinstance(translated, tuple | list):
            translated = translated[0]
        catalogue.add(
            (text.single, text.plural) if text.plural else text.single,
            translated,
            context=text.context,
            locations=[(place, 0) for place in sorted(text.places)],
            user_comments=old.user_comments if old is not None else (),
        )
    content = BytesIO()
    write_po(content, catalogue, omit_header=True, include_lineno=False, width=110)
    path = folder / CATALOGUE
    new = StringIO(HEADER + content.getvalue().decode().strip() + "\n").getvalue()
    if path.exists() and path.read_text(encoding="utf-8") == new:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(new, encoding="utf-8")
    return True


def faults(found: dict[Path, dict[Key, Text]], root: Path = ROOT) -> list[str]:
    """What is wrong: texts untranslated, guessed, stale, with other placeholders, or with two translations."""
    wrong: list[str] = []
    translations: dict[Key, tuple[object, str]] = {}
    folders = set(found) | {path.parents[2] for path in root.rglob(str(CATALOGUE))}
    for folder in sorted(folders):
        name = str((folder / CATALOGUE).relative_to(root))
        texts, messages = found.get(folder, {}), read_catalogue(folder)
        wrong += [f"{name}: missing: {key[0]!r}" for key in sorted(set(texts) - set(messages), key=str)]
        wrong += [f"{name}: no longer used: {key[0]!r}" for key in sorted(set(messages) - set(texts), key=str)]
        plain = Catalog(locale=LANGUAGE)
        for key in sorted(set(texts) & set(messages), key=str):
            message = messages[key]
            words = message.string if isinstance(message.string, tuple | list) else (message.string,)
            if message.fuzzy:
                wrong.append(f"{name}: a guess: {key[0]!r}")
            elif not all(words):
                wrong.append(f"{name}: untranslated: {key[0]!r}")
            else:
                wrong += [f"{name}: {key[0]!r}: {error}" for error in message.check(plain)]
                other, place = translations.setdefault(key, (message.string, name))
                if other != message.string:
                    wrong.append(f"{name}: {key[0]!r} is translated otherwise in {place}; only one can be shown")
    return wrong


def _single(identity: str | tuple[str, ...] | list[str]) -> str:
    return identity if isinstance(identity, str) else identity[0]
