"""Verbs of forms: write one with its words; every change of words is a new version."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from regulars.core.actions import audit
from regulars.core.errors import Refused
from regulars.core.models import Shop, Staff
from regulars.decide.contact_policy.models import Topic
from regulars.reach.signups.models import FormText, SignupForm


@dataclass(frozen=True)
class FormWords:
    """The words of a form in one language."""

    title: str
    intro: str
    wording: str
    tracking_wording: str = ""


DEFAULT_TEXTS: Mapping[str, FormWords] = {
    "de": FormWords(
        "Post von uns",
        "Neues aus dem Laden, ein bis zwei Mal im Monat. Abmelden geht jederzeit mit einem Klick.",
        "Ja, ich möchte per E-Mail über Neuheiten und Angebote informiert werden. Ich kann jederzeit kostenlos widersprechen.",
        "Ja, es darf gemessen werden, ob ich Mails öffne und worauf ich klicke, damit sie besser zu mir passen.",
    ),
    "en": FormWords(
        "Mail from us",
        "News from the shop, once or twice a month. You can leave at any time with one click.",
        "Yes, I would like to be told by e-mail about news and offers. I can object at any time, free of charge.",
        "Yes, it may be measured whether I open mails and what I click, so that they suit me better.",
    ),
}
"""What a new form starts with."""


@transaction.atomic
def save_form(
    shop: Shop,
    key: str,
    name: str,
    words: Mapping[str, FormWords],
    *,
    topics: Sequence[str] = (),
    asks_name: bool = True,
    asks_tracking: bool = True,
    is_active: bool = True,
    now: datetime,
    staff: Staff | None = None,
) -> SignupForm:
    """Makes the form, or changes it; words that changed become a new version. Raises Refused naming what is wrong."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", key):
        raise Refused(_("The short name takes small letters, digits and hyphens, at most 40."))
    if not words:
        raise Refused(_("A form needs its words in at least one language."))
    for locale, one in words.items():
        if not one.title.strip() or not one.wording.strip():
            raise Refused(_("%(locale)s: the headline and the words of the consent are needed.") % {"locale": locale})
        if asks_tracking and not one.tracking_wording.strip():
            raise Refused(_("%(locale)s: the words of the consent to measuring are missing.") % {"locale": locale})
    known = set(Topic._base_manager.filter(shop=shop, key__in=topics).values_list("key", flat=True))
    unknown = [topic for topic in topics if topic not in known]
    if unknown:
        raise Refused(_("There is no topic %(key)s.") % {"key": unknown[0]})
    form, _made = SignupForm._base_manager.update_or_create(
        shop=shop,
        key=key,
        defaults={
            "name": name, "topics": list(topics), "asks_name": asks_name, "asks_tracking": asks_tracking,
            "is_active": is_active,
        },
        create_defaults={
            "name": name, "topics": list(topics), "asks_name": asks_name, "asks_tracking": asks_tracking,
            "is_active": is_active, "created_at": now,
        },
    )  # fmt: skip
    for locale, one in words.items():
        latest = form.texts.filter(locale=locale).order_by("-version").first()
        written = (one.title, one.intro, one.wording, one.tracking_wording)
        if latest and written == (latest.title, latest.intro, latest.wording, latest.tracking_wording):
            continue
        FormText.objects.create(
            form=form, locale=locale, version=latest.version + 1 if latest else 1, title=one.title, intro=one.intro,
            wording=one.wording, tracking_wording=one.tracking_wording, created_at=now,
        )  # fmt: skip
    audit("signup_form.saved", now=now, shop=shop, staff=staff, target=form)
    return form
