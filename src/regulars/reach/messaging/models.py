"""Tables of messaging: Template, its drafts and versions, Brand, Media, Message, Delivery, Link; how mails go out."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.claim import DueRow
from regulars.core.scoping import ShopOwned


class Template(ShopOwned):
    """Something the shop says, in one or more languages. Its versions are frozen.

    is_of_measure: a measure brought it when it was published, nobody here wrote it. copy_of: the shop's own template that
    the measure froze so.
    """

    key = models.SlugField(max_length=60)
    name = models.CharField(_("name"), max_length=120)
    channel = models.CharField(max_length=12, default="email")
    is_of_measure = models.BooleanField(default=False)
    copy_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="copies")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="template_key_once")]

    def __str__(self) -> str:
        return self.name


class TemplateVersion(models.Model):
    """One frozen version of a template in one locale. `source` is MJML, `text` empty where it is derived from it; on
    channels of plain text `text` is all that is said.

    blocks: what the source was composed from; empty where it was written as MJML.
    """

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions")
    locale = models.CharField(max_length=5)
    version = models.PositiveIntegerField()
    subject = models.CharField(max_length=200)
    preheader = models.CharField(max_length=200, blank=True)
    source = models.TextField()
    text = models.TextField(blank=True, default="")
    blocks = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["template", "locale", "version"], name="template_version_once")]

    def __str__(self) -> str:
        return f"{self.template_id} {self.locale} v{self.version}"


class TemplateDraft(models.Model):
    """What is being written in one locale, saved by itself; publishing freezes it as a TemplateVersion. `text`: on channels
    of plain text, which have no blocks.

    blocks: a tree of `{"id", "kind", "values", "slots"}` (regulars.reach.messaging.blocks). revision: counts saves, so
    that two people never overwrite each other unawares.
    """

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="drafts")
    locale = models.CharField(max_length=5)
    subject = models.CharField(max_length=200, blank=True)
    preheader = models.CharField(max_length=200, blank=True)
    blocks = models.JSONField(default=list)
    text = models.TextField(blank=True, default="")
    revision = models.PositiveIntegerField(default=1)
    is_published = models.BooleanField(default=False)
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(
        "core.Staff", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["template", "locale"], name="template_draft_once")]

    def __str__(self) -> str:
        return f"{self.template_id} {self.locale} draft {self.revision}"


class Media(ShopOwned):
    """An image for mails. Its file lies in `REGULARS_HOME/media` under an unguessable name and never changes.

    file: name of the file, `TOKEN.png` or `.jpg` or `.gif`. alt: locale → what the picture shows.
    """

    file = models.CharField(max_length=48, unique=True)
    name = models.CharField(_("name"), max_length=120)
    alt = models.JSONField(default=dict, blank=True)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-created_at", "-pk")
        constraints = [models.UniqueConstraint(fields=["shop", "digest"], name="media_once")]

    def __str__(self) -> str:
        return self.name


class Brand(models.Model):
    """How the mails of a shop look: logo, colours, type, buttons, footer. Applied to every template."""

    shop = models.OneToOneField("core.Shop", on_delete=models.CASCADE, related_name="brand")
    logo = models.ForeignKey(
        Media, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("logo")
    )
    logo_width = models.PositiveSmallIntegerField(_("width of the logo in pixels"), default=160)
    accent = models.CharField(_("buttons and links"), max_length=7, default="#9a3412")
    ink = models.CharField(_("text"), max_length=7, default="#1c1917")
    paper = models.CharField(_("ground around the mail"), max_length=7, default="#f4f1ec")
    card = models.CharField(_("ground of the mail"), max_length=7, default="#ffffff")
    font = models.CharField(_("typeface"), max_length=12, default="system")
    button = models.CharField(_("shape of buttons"), max_length=12, default="rounded")
    footer = models.JSONField(_("text under each mail"), default=dict, blank=True)
    updated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"brand of {self.shop_id}"


class Message(ShopOwned, DueRow):
    """One message to one customer. `due_at` is set when the gate grants its request; until then it waits.

    sent_at: when it was handed to the server, whatever came of it. first_opened_at, first_clicked_at: by a person, as
    judged (machines are left out). The other moments: the first news of that kind. taken_by: who has it in hand, or had it
    last, on channels that people do by hand.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting for the gate")
        DUE = "due", _("due")
        CLAIMED = "claimed", _("being sent")
        DONE = "done", _("sent")
        FAILED = "failed", _("refused by the server")
        CANCELLED = "cancelled", _("not sent")
        UNCERTAIN = "uncertain", _("perhaps sent")

    status = models.CharField(max_length=12, choices=Status.choices, default=Status.WAITING)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="messages")
    measure = models.ForeignKey("goals.Measure", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    request = models.OneToOneField("contact_policy.ContactRequest", on_delete=models.CASCADE, related_name="message")
    version = models.ForeignKey(TemplateVersion, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=12, default="email")
    purpose = models.CharField(max_length=10)
    address = models.CharField(max_length=254)
    message_id = models.CharField(max_length=120, unique=True)
    values = models.JSONField(default=dict)
    may_track = models.BooleanField(default=False)
    key = models.CharField(max_length=120)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    first_opened_at = models.DateTimeField(null=True, blank=True)
    first_clicked_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)
    complained_at = models.DateTimeField(null=True, blank=True)
    unsubscribed_at = models.DateTimeField(null=True, blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, default="")
    taken_by = models.ForeignKey(
        "core.Staff", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="message_once")]
        indexes = [
            # The channel tells the sender, without a look at the rows, which of them wait for a person.
            models.Index(fields=["shop", "status", "due_at", "channel"], name="message_due_on_channel"),
            # Only what somebody took in hand: far fewer than the mails.
            models.Index(
                fields=["shop", "channel", "sent_at"],
                condition=models.Q(taken_by__isnull=False),
                name="message_done_by_hand",
            ),
            models.Index(fields=["measure", "status"], name="message_by_measure"),
            models.Index(fields=["shop", "address"], name="message_by_address"),
        ]

    def __str__(self) -> str:
        return self.message_id


class Delivery(models.Model):
    """One piece of news about a message: accepted, bounced, opened, clicked, unsubscribed, complained.

    judged_at: when an open or a click was told to be a person's or a machine's; until then it counts nowhere.
    """

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=16)
    at = models.DateTimeField()
    by_machine = models.BooleanField(default=False)
    judged_at = models.DateTimeField(null=True, blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["message", "kind"], name="delivery_by_message"),
            models.Index(
                fields=["at"],
                condition=models.Q(judged_at=None, kind__in=("opened", "clicked")),
                name="delivery_to_judge",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"


class Link(models.Model):
    """A link of a template version: tracked links name it by number, so that nobody can make us redirect elsewhere."""

    version = models.ForeignKey(TemplateVersion, on_delete=models.CASCADE, related_name="links")
    position = models.PositiveSmallIntegerField()
    url = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "position"], name="link_once")]

    def __str__(self) -> str:
        return self.url


class SendingRules(ShopOwned):
    """How the shop's mails go out. One row a shop; without one the defaults hold.

    way: the provider ("" = as the installation says). per_minute: mails to one domain in a minute (None: no limit),
    per_domain: other limits, domain → number. return_path: address to which mails come back, with a token behind a plus.
    pause_*: when a measure pauses itself, as shares of its newest `pause_window` mails.
    """

    way = models.CharField(_("way out"), max_length=20, blank=True, default="")
    return_path = models.EmailField(_("returned mails go to"), blank=True, default="")
    per_minute = models.PositiveIntegerField(_("mails a minute to one domain"), null=True, blank=True)
    per_domain = models.JSONField(_("other limits for single domains"), default=dict, blank=True)
    pause_bounces = models.DecimalField(_("highest share of bounces"), max_digits=5, decimal_places=4, default="0.05")
    pause_complaints = models.DecimalField(
        _("highest share of complaints"), max_digits=5, decimal_places=4, default="0.003"
    )
    pause_window = models.PositiveIntegerField(_("newest mails that are looked at"), default=1000)
    pause_minimum = models.PositiveIntegerField(_("mails before it is judged at all"), default=50)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop"], name="sending_rules_once")]

    def __str__(self) -> str:
        return self.way or "default"


class DomainPace(ShopOwned):
    """The token bucket of one receiving domain, shared by all workers. put_off_until: end of the queue behind it."""

    domain = models.CharField(max_length=253)
    tokens = models.FloatField()
    at = models.DateTimeField()
    put_off_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "domain"], name="domain_pace_once")]

    def __str__(self) -> str:
        return self.domain


class SendingPause(ShopOwned):
    """A measure that paused itself: its messages wait until a person continues it. cause: bounces or complaints."""

    class Cause(models.TextChoices):
        BOUNCES = "bounces", _("too many mails came back")
        COMPLAINTS = "complaints", _("too many complaints")

    measure = models.ForeignKey("goals.Measure", on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    cause = models.CharField(max_length=12, choices=Cause.choices)
    sent = models.PositiveIntegerField()
    hits = models.PositiveIntegerField()
    allowed = models.DecimalField(max_digits=5, decimal_places=4)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey("core.Staff", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["measure"], condition=models.Q(ended_at=None), name="sending_pause_once"),
        ]

    def __str__(self) -> str:
        return f"{self.measure_id}: {self.cause}"


class IncomingNews(ShopOwned):
    """One report that came in from outside (a mail in the mailbox, a call of a provider), so that it counts once.

    Reports that nothing follows from (arrived, late) are deleted after a while.
    """

    key = models.CharField(max_length=80)
    kind = models.CharField(max_length=16)
    at = models.DateTimeField()
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="incoming_news_once")]
        indexes = [models.Index(fields=["shop", "kind", "at"], name="incoming_news_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"
