"""What the channel `parcel_note` is like, and its cap: notes a month."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from regulars.decide.contact_policy.caps import cap
from regulars.decide.contact_policy.models import Channel
from regulars.reach.messaging.channel_kinds import ChannelKind, register_kind

from .actions import policy_of


class ParcelNotes(ChannelKind):
    """Some words by hand, and perhaps a gift, in the next parcel. Legitimate interest, unless the customer objected."""

    key = Channel.PARCEL_NOTE.value
    title = _("Parcel note")
    about = _("Words by hand and a gift in the next parcel: whoever packs it copies them.")
    text_title = _("Words to write by hand")
    subject_title = _("Gift to add")
    icon = "gift"
    has_subject = True
    needs_subject = False
    is_by_hand = True
    longest = 400
    lease = timedelta(minutes=30)


PARCEL_NOTES = register_kind(ParcelNotes())
cap(PARCEL_NOTES.key, "note_budget", lambda shop: policy_of(shop).notes_per_month)
