"""What the channel `phone` is like: a script that a person reads, and a number to call."""

from datetime import timedelta

from django.utils.translation import gettext_lazy as _

from regulars.decide.contact_policy.models import Channel
from regulars.reach.messaging.channel_kinds import ChannelKind, register_kind


class Phone(ChannelKind):
    """A call by a person, with prior express consent (§ 7 (2) no. 1 UWG), whose proof is kept (§ 7a UWG)."""

    key = Channel.PHONE.value
    title = _("Phone call")
    about = _("A person calls: the call list shows whom, and this script.")
    text_title = _("Script: what to say, and what to ask")
    subject_title = _("Reason of the call")
    icon = "phone"
    has_subject = True
    is_by_hand = True
    longest = 3000
    lease = timedelta(minutes=45)


PHONE = register_kind(Phone())
