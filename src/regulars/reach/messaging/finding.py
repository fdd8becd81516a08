"""`Finding`: one thing that is found in a template before it is sent."""

from dataclasses import dataclass

ERROR, WARNING, NOTE = "error", "warning", "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """severity: error, warning or note. place: a locale; block: an id, "subject", "preheader" or ""."""

    severity: str
    code: str
    locale: str
    block: str
    message: str
    remedy: str = ""
