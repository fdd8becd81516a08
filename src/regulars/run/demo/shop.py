"""The record shop Plattenkiste: its imprint, and its made-up people as a shop would report them."""

from datetime import datetime, timedelta

from regulars.decide.contact_policy.actions import ConsentDraft
from regulars.know.customers.actions import CustomerDraft

from .people import Person

CONSENT_WORDING = (
    "Ja, Plattenkiste darf mir per E-Mail Neuheiten und Angebote schicken. Abmelden kann ich mich jederzeit."
)
PHONE_WORDING = "Ja, Plattenkiste darf mich anrufen, um von Neuem zu erzählen. Absagen kann ich jederzeit."
SLUG, NAME = "plattenkiste", "Plattenkiste"
TIMEZONE = "Europe/Berlin"
SENDER = "hallo@plattenkiste.example"
LEGAL_FOOTER = "Plattenkiste (ausgedachter Demoshop), Rillenweg 33, 20095 Hamburg\nEs wird keine echte Mail verschickt."


def customer_draft(who: Person, since: datetime) -> CustomerDraft:
    """A made-up person as a shop would report them."""
    return CustomerDraft(
        number=who.number,
        first_name=who.first_name,
        last_name=who.last_name,
        emails=(who.email,),
        phones=(who.phone,) if who.phone else (),
        locale=who.locale,
        birthday=_birthday(who.birthday),
        since=since,
    )


def _birthday(text: str) -> tuple[int, int, int | None] | None:
    if not text:
        return None
    year, month, day = text[:-6], text[-5:-3], text[-2:]
    return int(day), int(month), int(year) if year != "-" else None


def consents(who: Person, customer_id: int, since: datetime) -> list[ConsentDraft]:
    """What a made-up person agreed to: with proof, as a bare claim of the shop (permits nothing), or not at all."""
    return [*_by_mail(who, customer_id, since), *_by_phone(who, customer_id, since)]


def _by_phone(who: Person, customer_id: int, since: datetime) -> list[ConsentDraft]:
    if not who.phone:
        return []
    evidence = {"form": "card at the counter", "signed": since.date().isoformat()}
    return [
        ConsentDraft(customer_id, "phone", "marketing", since, evidence, PHONE_WORDING, source=NAME, confirmed_at=since)
    ]


def _by_mail(who: Person, customer_id: int, since: datetime) -> list[ConsentDraft]:
    if not who.consent:
        return []
    is_proven = who.consent == "proven"
    purposes = ["marketing", *(["tracking"] if is_proven and who.may_track else [])]
    return [
        ConsentDraft(
            customer_id=customer_id,
            channel="email",
            purpose=purpose,
            given_at=since,
            evidence={"form": "checkout", "double_opt_in": True} if is_proven else {},
            wording=CONSENT_WORDING if is_proven else "",
            source="Plattenkiste",
            confirmed_at=since + timedelta(hours=1) if is_proven else None,
        )
        for purpose in purposes
    ]
