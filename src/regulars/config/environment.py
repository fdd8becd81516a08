"""Typed readers of the environment. Secrets may come from a file: `NAME_FILE` wins over `NAME`."""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

CHECKOUT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Setting:
    """One setting as the guide's page tells it: its default as text, and what it is for."""

    name: str
    default: str
    about: str


READ: dict[str, Setting] = {}
"""Every setting that was read: the page of settings in the guide is made from it."""


def text(name: str, default: str = "", about: str = "") -> str:
    """The value of `name`, or of the file that `name_FILE` names, or the default. `about` goes into the guide."""
    if name not in READ or about:
        READ[name] = Setting(name, default, about)
    file = os.environ.get(f"{name}_FILE")
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE names a file that cannot be read: {error}") from error
    return os.environ.get(name, default)


def flag(name: str, default: bool = False, about: str = "") -> bool:
    """1, true, yes, on are true; 0, false, no, off and nothing are false; all else is refused."""
    value = text(name, "1" if default else "0", about).strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off", ""}:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}")


def number(name: str, default: int, about: str = "") -> int:
    """A whole number."""
    value = text(name, str(default), about)
    try:
        return int(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}") from error


def words(name: str, default: str = "", about: str = "") -> list[str]:
    """A comma-separated list; blanks are dropped."""
    return [word.strip() for word in text(name, default, about).split(",") if word.strip()]


def home() -> Path:
    """The folder that holds all state: database, facts, mail, secrets, logs."""
    given = text("REGULARS_HOME", "", "The folder of all state. Default: `var` beside the start script.")
    return Path(given).expanduser().resolve() if given else CHECKOUT / "var"


def database(name: str, default: str, about: str = "") -> dict[str, object]:
    """A Django database dictionary from `sqlite:///path` or `postgresql://user:word@host:port/name?option=value`."""
    url = urlsplit(text(name, default, about))
    if url.scheme == "sqlite":
        return {
            "ENGINE": "regulars.config.sqlite",
            "CONN_MAX_AGE": 60,
            "NAME": unquote(url.path[1:]) if url.path.startswith("//") else unquote(url.path.removeprefix("/")),
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 30,
                "init_command": (
                    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; "
                    "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY; PRAGMA mmap_size=268435456;"
                ),
            },
        }
    if url.scheme in {"postgres", "postgresql"}:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": unquote(url.path.removeprefix("/")) or "regulars",
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": url.hostname or "",
            "PORT": str(url.port or ""),
            "OPTIONS": dict(parse_qsl(url.query)),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
    raise ImproperlyConfigured(f"{name} must start with sqlite:/// or postgresql://, not {url.scheme!r}")
