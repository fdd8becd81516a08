"""Tables of the gate: Consent, Topic, TopicChoice, ContactWish, Suppression, Objection, ContactFreeze, ContactRequest,
Contact, Decision."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class Channel(models.TextChoices):
    EMAIL = "email", _("e-mail")
    SMS = "sms", _("SMS")
    PUSH = "push", _("push message")
    PHONE = "phone", _("phone")
    LETTER = "letter", _("letter")
    PARCEL_NOTE = "parcel_note", _("parcel note")
    ON_PAGE = "on_page", _("message on the shop's page")


CAPPED = (Channel.LETTER.value, Channel.PARCEL_NOTE.value)
"""Channels that may have a cap (`caps`): their contacts have indexes of their own, which the millions of mails are not in."""


class Purpose(models.TextChoices):
    MARKETING = "marketing", _("advertising")
    RESEARCH = "research", _("research")
    SERVICE = "service", _("service")
    TRACKING = "tracking", _("measuring opens and clicks")


class Consent(ShopOwned):
    """Proof that one channel may be used for one purpose. One row a grant; a withdrawal ends it and stays visible.

    last_used_at: of a consent to calls, when somebody last called because of it: the proof is kept for five years from then
    (§ 7a UWG).
    """

    class State(models.TextChoices):
        UNPROVEN = "unproven", _("claimed without proof")
        PENDING = "pending", _("waiting for confirmation")
        GRANTED = "granted", _("given")
        WITHDRAWN = "withdrawn", _("withdrawn")

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="consents")
    channel = models.CharField(max_length=12, choices=Channel.choices)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    state = models.CharField(max_length=10, choices=State.choices)
    ground = models.CharField(max_length=30, default="consent")
    wording = models.TextField(blank=True)
    source = models.CharField(max_length=60, blank=True)
    evidence = models.JSONField(default=dict, blank=True)
    given_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["shop", "customer", "channel", "purpose", "given_at"], name="consent_lookup")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.channel} {self.purpose}: {self.state}"


class Topic(ShopOwned):
    """What the shop writes about; customers choose among topics. names, descriptions: locale → text."""

    key = models.SlugField(max_length=40)
    names = models.JSONField(default=dict)
    descriptions = models.JSONField(default=dict, blank=True)
    order = models.PositiveSmallIntegerField(default=50)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ("order", "key")
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="topic_once")]

    def __str__(self) -> str:
        return self.name_in(str(get_language() or "en"))

    def name_in(self, locale: str) -> str:
        """The name in this language, else in any."""
        return str(self.names.get(locale[:2]) or next(iter(self.names.values()), self.key))

    def description_in(self, locale: str) -> str:
        """The description in this language, else in any."""
        return str(self.descriptions.get(locale[:2]) or next(iter(self.descriptions.values()), ""))


class TopicChoice(ShopOwned):
    """A customer's own word on a topic. Without one, the topic counts as wanted where advertising is permitted at all."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", db_index=False)
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="choices")
    is_wanted = models.BooleanField()
    at = models.DateTimeField()
    source = models.CharField(max_length=40, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "topic"], name="topic_choice_once")]

    def __str__(self) -> str:
        return f"{self.customer_id} {self.topic_id}: {self.is_wanted}"


class ContactWish(ShopOwned):
    """How often a customer wants to hear from the shop at most, over all channels: contacts in 30 days."""

    customer = models.OneToOneField("customers.Customer", on_delete=models.CASCADE, related_name="+")
    per_month = models.PositiveSmallIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.per_month}"


class Suppression(ShopOwned):
    """An address never written to, with the reason."""

    kind = models.CharField(max_length=10, default="email")
    key = models.CharField(max_length=254)
    reason = models.CharField(max_length=30)
    at = models.DateTimeField()
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "kind", "key"], name="suppression_once")]

    def __str__(self) -> str:
        return self.key


class Objection(ShopOwned):
    """Art. 21 GDPR: ends all advertising to this customer on every channel."""

    customer = models.OneToOneField("customers.Customer", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    source = models.CharField(max_length=60, blank=True)

    def __str__(self) -> str:
        return str(self.customer_id)


class ContactFreeze(ShopOwned):
    """No advertising until a matter is closed. Written by the module that knows the cause."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")
    cause = models.CharField(max_length=30)
    source_key = models.CharField(max_length=80)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "cause", "source_key", "customer"], name="freeze_once"),
        ]
        indexes = [models.Index(fields=["shop", "customer"], name="freeze_by_customer")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.cause}"


class ContactRequest(ShopOwned):
    """Somebody wants to contact a customer between `earliest` and `latest`. The gate's sweep grants or refuses it.

    rank: of the measure's goal when it was asked (1 is first); a request of a measure always counts with the goal's
    present rank. send_at: when a granted one may go out. confirmed_at: when the sender asked again and was told yes;
    from then on the grant is on its way and gives way to no other.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")
        USED = "used", _("used")
        WITHDRAWN = "withdrawn", _("withdrawn")

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", db_index=False)
    measure = models.ForeignKey(
        "goals.Measure", on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    channel = models.CharField(max_length=12, choices=Channel.choices)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    address = models.CharField(max_length=254, blank=True)
    rank = models.PositiveSmallIntegerField(default=99)
    earliest = models.DateTimeField()
    latest = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    reason = models.CharField(max_length=30, blank=True, default="")
    send_at = models.DateTimeField(null=True, blank=True)
    consent = models.ForeignKey(
        Consent, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    key = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="contact_request_once")]
        indexes = [
            # Of the millions that were decided the sweep looks at none: these hold only what waits, or may be sent.
            models.Index(
                fields=["shop", "customer", "purpose", "earliest"],
                condition=models.Q(status="waiting"),
                name="contact_request_waiting",
            ),
            models.Index(
                fields=["shop", "earliest"],
                condition=models.Q(status="waiting", purpose="service"),
                name="contact_request_service",
            ),
            models.Index(fields=["measure"], condition=models.Q(status="waiting"), name="contact_request_of_measure"),
            models.Index(fields=["customer"], condition=models.Q(status="granted"), name="contact_request_granted"),
            models.Index(fields=["customer"], name="contact_request_by_customer"),
            models.Index(
                fields=["shop", "channel"],
                condition=models.Q(status="granted", channel__in=CAPPED),
                name="contact_request_capped",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Contact(ShopOwned):
    """A grant that was used: what the budget counts, over all channels."""

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", db_index=False)
    measure = models.ForeignKey(
        "goals.Measure", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    request = models.OneToOneField(ContactRequest, on_delete=models.CASCADE, related_name="contact")
    channel = models.CharField(max_length=12, choices=Channel.choices)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["customer", "at"], name="contact_by_customer"),
            models.Index(fields=["shop", "at"], name="contact_by_time"),
            models.Index(
                fields=["shop", "channel", "at"], condition=models.Q(channel__in=CAPPED), name="contact_capped"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id} at {self.at:%Y-%m-%d}"


class Decision(ShopOwned):
    """Why a customer was or was not treated: one row each time the gate said yes or no.

    stage: where it was asked (enrolment, grant, send). outcome: granted, refused or postponed.
    """

    class Stage(models.TextChoices):
        ENROLMENT = "enrolment", _("on joining")
        GRANT = "grant", _("when planned")
        SEND = "send", _("right before sending")

    class Outcome(models.TextChoices):
        GRANTED = "granted", _("allowed")
        REFUSED = "refused", _("refused")
        POSTPONED = "postponed", _("put off")

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+", db_index=False)
    measure = models.ForeignKey(
        "goals.Measure", on_delete=models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    request = models.ForeignKey(
        ContactRequest, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    at = models.DateTimeField()
    stage = models.CharField(max_length=12, choices=Stage.choices)
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    reason = models.CharField(max_length=30)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["customer", "-at"], name="decision_by_customer"),
            models.Index(fields=["measure", "reason", "id"], name="decision_by_measure"),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.reason}"
