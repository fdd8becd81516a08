"""The step `send`: asks the gate for a message, waits until it is settled, and goes on when it was sent."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from babel.dates import format_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from regulars.core.money import formatted
from regulars.journeys.kinds import Batch, Move, Params, Publication, StepKind, Wording, trigger_kinds
from regulars.journeys.local_time import day_end, zone_of
from regulars.journeys.models import Enrolment
from regulars.journeys.playbook import MAIL
from regulars.know.customers.models import Customer
from regulars.reach.messaging import actions as messaging
from regulars.reach.messaging.channel_kinds import CHANNEL_KINDS
from regulars.reach.messaging.models import Message
from regulars.reward.offers import actions as offers
from regulars.reward.offers.models import Voucher

from .issue_voucher import value_text
from .send_fields import SEND_FIELDS, frozen_template

FIRST_LOOK = timedelta(hours=1)
"""A message that the gate grants at once is out by then. Later looks come at double the time, the last at the end."""
GRACE = timedelta(minutes=10)
"""After the latest time: by then the gate or the sender has settled the message."""

SENT = frozenset({Message.Status.DONE, Message.Status.UNCERTAIN})
OPEN = frozenset({Message.Status.WAITING, Message.Status.DUE, Message.Status.CLAIMED})


class Send(StepKind):
    """message: name of the playbook's message. voucher: key of the step whose code it carries.

    within_hours: until when it is welcome (72); same_day: until the end of the customer's day. A message that is not
    sent ends the journey (`not_sent`) and cancels the code it carries, unless `goes_on` is true.
    """

    key = "send"
    title = gettext_lazy("Send a message")
    icon = "mail"
    fields = SEND_FIELDS

    def problems(self, params: Params) -> Iterator[tuple[str, str]]:
        if ("message" in params) == ("template" in params):
            yield "message", _("say what to send: a message of the journey, or a template of the shop")

    def prepare(self, publication: Publication, params: Params) -> dict[str, Any]:
        if "template" in params:
            return {**params, "template": frozen_template(publication, params["template"])}
        key = publication.key(params["message"])
        playbook = publication.playbook
        title = playbook.message_names.get(params["message"], playbook.title)
        for message in playbook.messages(params["message"]):
            messaging.save_template(
                publication.shop,
                key,
                f"{publication.measure.name}: {title}",
                message.locale,
                message.subject,
                message.preheader,
                message.source,
                publication.now,
                text=message.text,
                is_of_measure=True,
                channel=message.channel,
            )
        return {**params, "template": key}

    def run(self, batch: Batch) -> list[Move]:
        keys = {batch.key(one): one for one in batch.enrolments}
        there = messaging.states_of(batch.shop, keys)
        fresh = {key: one for key, one in keys.items() if key not in there} if there else keys
        moves = self._queue(batch, fresh) if fresh else []
        unsent = []
        for key, (status, latest, channel) in there.items():
            one = keys[key]
            if status in SENT:
                moves.append(batch.forward(one))
            elif status in OPEN:
                by_hand = channel in CHANNEL_KINDS and CHANNEL_KINDS[channel].is_taken
                moves.append(Move(one, batch.step, _look_again(one, latest, batch.now, by_hand=by_hand)))
            else:
                unsent.append(one)
        return moves + self._not_sent(batch, unsent)

    def _queue(self, batch: Batch, fresh: Mapping[str, Enrolment]) -> list[Move]:
        """Queues the message for each of `fresh`, by its key."""
        measure = batch.journey.measure
        always = batch.now + timedelta(hours=batch.params.get("within_hours", 72))
        is_same_day, carries = batch.params.get("same_day"), batch.params.get("voucher")
        trigger = trigger_kinds()[batch.journey.definition["trigger"]["kind"]]
        customers = self._customers(batch, fresh.values()) if is_same_day or carries or trigger.tells else {}
        values: dict[int, dict[str, Any]] = {}
        if trigger.tells:
            locales = {pk: locale for pk, (locale, _zone) in customers.items()}
            values = trigger.values(batch.shop, list(fresh.values()), locales, batch.now)
        if carries:
            for pk, told in self._voucher_values(batch, list(fresh.values()), customers).items():
                values[pk] = {**values.get(pk, {}), **told}
        latest = (
            {one.pk: day_end(batch.now, zone_of(customers[one.customer_id][1], batch.shop)) for one in fresh.values()}
            if is_same_day
            else {}
        )
        queued = messaging.queue(
            batch.shop,
            [
                messaging.MessageDraft(
                    one.customer_id,
                    batch.params["template"],
                    measure.pk,
                    measure.purpose,
                    measure.goal.rank,
                    batch.now,
                    latest.get(one.pk, always),
                    key,
                    values.get(one.pk, messaging.NOTHING),
                )
                for key, one in fresh.items()
            ],
            batch.now,
        )
        look = {until: min(batch.now + FIRST_LOOK, until + GRACE) for until in {always, *latest.values()}}
        moves = [Move(one, batch.step, look[latest.get(one.pk, always)]) for key, one in fresh.items() if key in queued]
        return moves + self._not_sent(batch, [one for key, one in fresh.items() if key not in queued])

    def _customers(self, batch: Batch, fresh: Iterable[Enrolment]) -> dict[int, tuple[str, str]]:
        """Language and zone of each customer. One query."""
        rows = Customer._base_manager.filter(pk__among={one.customer_id for one in fresh})
        return {
            pk: (locale or batch.shop.locale, zone) for pk, locale, zone in rows.values_list("pk", "locale", "timezone")
        }

    def _not_sent(self, batch: Batch, unsent: list[Enrolment]) -> list[Move]:
        if not unsent:
            return []
        if batch.params.get("goes_on"):
            return [batch.forward(one) for one in unsent]
        carried = batch.params.get("voucher")
        if carried:
            # The customer never saw the code: no money is handed out unseen. A code that an earlier message showed stays.
            shown = self._shown_before(batch, unsent)
            keys = [batch.key(one, carried) for one in unsent if one.pk not in shown]
            if keys:
                offers.cancel(batch.shop, keys, now=batch.now, reason="not_sent")
        return [Move(one, None, batch.now, "not_sent") for one in unsent]

    def _shown_before(self, batch: Batch, unsent: list[Enrolment]) -> set[int]:
        """Those to whom an earlier step sent the same code."""
        earlier = []
        for step in batch.journey.definition["steps"]:
            if step["key"] == batch.step:
                break
            if step["kind"] == self.key and step["params"].get("voucher") == batch.params["voucher"]:
                earlier.append(step["key"])
        if not earlier:
            return set()
        keys = {batch.key(one, step): one.pk for one in unsent for step in earlier}
        sent = Message._base_manager.filter(shop=batch.shop, key__in=list(keys), status__in=SENT)
        return {keys[key] for key in sent.values_list("key", flat=True)}

    def _voucher_values(
        self, batch: Batch, fresh: list[Enrolment], customers: Mapping[int, tuple[str, str]]
    ) -> dict[int, dict[str, Any]]:
        """The variables `voucher.…` by enrolment. One query."""
        keys = {batch.key(one, batch.params["voucher"]): one for one in fresh}
        vouchers = Voucher._base_manager.filter(shop=batch.shop, issue_key__in=list(keys)).select_related("offer")
        values = {}
        for voucher in vouchers:
            one = keys[str(voucher.issue_key)]
            locale, _zone = customers[one.customer_id]
            values[one.pk] = voucher_values(voucher, batch.shop, locale)
        return values

    def describe(self, params: Params, playbook: Wording) -> str:
        message = params.get("message") or params.get("template", "")
        key = playbook.message_channels.get(message, MAIL if params.get("message") else "")
        said = {"message": playbook.message_names.get(message) or message, "channel": _title(key)}
        if key == MAIL:
            return _("“%(message)s” by e-mail") % said
        return _("“%(message)s” · %(channel)s") % said if said["channel"] else f"“{said['message']}”"


def _title(channel: str) -> str:
    return str(CHANNEL_KINDS[channel].title) if channel in CHANNEL_KINDS else ""


def voucher_values(voucher: Voucher, shop: Any, locale: str) -> dict[str, str]:
    """What a message may say about the voucher it carries."""
    last_day = (voucher.valid_until - timedelta(seconds=1)).astimezone(zone_of("", shop)).date()
    return {
        "voucher.code": voucher.code,
        "voucher.value": value_text(voucher.offer, shop.currency, locale),
        "voucher.valid_until": format_date(last_day, "long", locale=locale),
        "voucher.minimum": formatted(voucher.minimum_value, shop.currency, locale) if voucher.minimum_value else "",
    }


def _look_again(enrolment: Enrolment, latest: datetime, now: datetime, *, by_hand: bool) -> datetime:
    """Ever later, counted from the step's first moment; shortly after `latest` at the latest, then hourly. What a person does
    may be done at any hour of the time it has, so it is looked for every hour.
    """
    begun = enrolment.step_at
    doubled = now + (FIRST_LOOK if by_hand else max(FIRST_LOOK, now - begun))
    end = latest + GRACE
    return min(doubled, end) if end > now else now + FIRST_LOOK
