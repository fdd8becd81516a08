"""What a new template may begin with: four shapes, in both languages, to be written over."""

import secrets
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

Block = dict[str, Any]
Drafts = Mapping[str, tuple[str, str, list[Block]]]


def block(kind: str, *slots: list[Block], **values: Any) -> Block:
    """A block with an id of its own."""
    return {"id": secrets.token_hex(4), "kind": kind, "values": values, "slots": list(slots)}


def _foot(locale: str) -> Block:
    said = {
        "de": "Sie bekommen diese E-Mail, weil Sie unseren Neuigkeiten zugestimmt haben.",
        "en": "You get this e-mail because you agreed to hear from us.",
    }
    return block("footer", reason=said[locale])


def _hello(locale: str) -> str:
    return {
        "de": 'Hallo {{ customer.first_name | default("und guten Tag") }},',
        "en": 'Hello {{ customer.first_name | default("there") }},',
    }[locale]


def announcement() -> Drafts:
    return {
        "de": ("Es gibt etwas Neues", "Kurz und knapp, was sich ändert", [
            block("heading", text="Es gibt etwas Neues"),
            block("text", text=f"{_hello('de')}\n\nhier steht in zwei Sätzen, was neu ist und was man davon hat.", size="lead"),
            block("button", label="Jetzt ansehen", address="{{ shop.url }}"),
            _foot("de"),
        ]),
        "en": ("Something new is here", "What changes, in a nutshell", [
            block("heading", text="Something new is here"),
            block("text", text=f"{_hello('en')}\n\nsay in two sentences what is new and what people gain by it.", size="lead"),
            block("button", label="Have a look", address="{{ shop.url }}"),
            _foot("en"),
        ]),
    }  # fmt: skip


def newsletter() -> Drafts:
    def made(locale: str, head: str, lead: str, tips: str, end: str, label: str) -> list[Block]:
        return [
            block("heading", text=head),
            block("text", text=f"{_hello(locale)}\n\n{lead}"),
            block("bestsellers", heading=tips, count="2", label=label),
            block("divider"),
            block("text", text=end),
            block("button", label=label, address="{{ shop.url }}", align="center"),
            _foot(locale),
        ]

    return {
        "de": ("Frisch eingetroffen", "Ausgesucht nach dem, was Sie mögen", made(
            "de", "Frisch eingetroffen", "das hier passt zu dem, was Sie gern kaufen:", "Beliebt in Ihrer Lieblingsrubrik",
            "Nicht das Richtige dabei? Im Laden gibt es **viel mehr**.", "Stöbern")),
        "en": ("Just in", "Picked by what you like", made(
            "en", "Just in", "this goes with what you like to buy:", "Popular in your favourite section",
            "Nothing for you? There is **much more** in the shop.", "Browse")),
    }  # fmt: skip


def thank_you() -> Drafts:
    return {
        "de": ("Danke, dass Sie da sind", "Ein kleines Dankeschön liegt bei", [
            block("heading", text="Danke!", align="center"),
            block("text", text="ohne Menschen wie Sie gäbe es uns nicht. Dafür sagen wir Danke.", align="center", size="lead"),
            block("voucher"),
            block("button", label="Einlösen", address="{{ shop.url }}", align="center"),
            _foot("de"),
        ]),
        "en": ("Thank you for being with us", "A little something is enclosed", [
            block("heading", text="Thank you!", align="center"),
            block("text", text="without people like you we would not exist. We are grateful.", align="center", size="lead"),
            block("voucher"),
            block("button", label="Redeem", address="{{ shop.url }}", align="center"),
            _foot("en"),
        ]),
    }  # fmt: skip


def letter() -> Drafts:
    return {
        "de": ("Ein paar Zeilen von uns", "", [
            block("text", text=f"{_hello('de')}\n\nhier steht, was Sie sagen möchten: ohne Bilder, wie in einem Brief.\n\n"
                  "Herzliche Grüße\nIhr Team von {{ shop.name }}"),
            _foot("de"),
        ]),
        "en": ("A few lines from us", "", [
            block("text", text=f"{_hello('en')}\n\nwrite what you want to say: no pictures, just as in a letter.\n\n"
                  "Kind regards\nYour team at {{ shop.name }}"),
            _foot("en"),
        ]),
    }  # fmt: skip


STARTING_POINTS: dict[str, tuple[Any, Any, str, Any]] = {
    "announcement": (_("Announcement"), _("One message, one button."), "megaphone", announcement),
    "newsletter": (
        _("Newsletter with products"),
        _("Bestsellers chosen for each customer."),
        "shopping-bag",
        newsletter,
    ),
    "thank_you": (_("Thank-you with a voucher"), _("A few kind words and a code."), "heart", thank_you),
    "letter": (_("Plain letter"), _("Text only, as from person to person."), "mail-open", letter),
}
"""Key → name, what it is, icon, and the function that makes its drafts."""
