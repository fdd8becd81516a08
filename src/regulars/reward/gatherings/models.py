"""Tables of gatherings: Gathering, Attendance, Photo."""

from datetime import datetime

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class Gathering(ShopOwned):
    """One meeting in a room or online. titles, texts: locale → words. Moments aware, UTC.

    thanks, missed: locale → words afterwards, for those who were there and those who could not.

    capacity: persons, null for any number. taken: persons with a place, guests counted; a constraint holds it below the
    capacity whatever the code does.
    """

    class Kind(models.TextChoices):
        MEET_UP = "meet_up", _("meet-up")
        PRESENTATION = "presentation", _("presentation")
        WORKSHOP = "workshop", _("workshop")
        READING = "reading", _("reading")
        FAN_PARTY = "fan_party", _("fan party")
        FAIR = "fair", _("fair")
        WEBINAR = "webinar", _("webinar")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")
        CANCELLED = "cancelled", _("called off")

    kind = models.CharField(_("kind"), max_length=14, choices=Kind.choices, default=Kind.MEET_UP)
    titles = models.JSONField(default=dict)
    texts = models.JSONField(default=dict, blank=True)
    place = models.CharField(_("place"), max_length=200, blank=True)
    online_url = models.URLField(_("online address"), max_length=500, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    capacity = models.PositiveIntegerField(_("places"), null=True, blank=True)
    guests_each = models.PositiveSmallIntegerField(_("guests that each may bring"), default=0)
    has_waiting_list = models.BooleanField(_("waiting list"), default=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT)
    takes_friends = models.BooleanField(_("guests may ask friends"), default=False)
    measure = models.ForeignKey("goals.Measure", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    thanks = models.JSONField(default=dict, blank=True)
    missed = models.JSONField(default=dict, blank=True)
    thanked_at = models.DateTimeField(null=True, blank=True)
    taken = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(capacity=None) | models.Q(taken__lte=models.F("capacity")),
                name="gathering_not_overfull",
            ),
            models.CheckConstraint(condition=models.Q(ends_at__gt=models.F("starts_at")), name="gathering_ends_later"),
        ]
        indexes = [
            models.Index(fields=["shop", "-starts_at", "-id"], name="gathering_by_time"),
            models.Index(fields=["shop", "status", "ends_at"], name="gathering_by_status"),
        ]

    def __str__(self) -> str:
        return self.title_in(str(get_language() or "en"))

    def title_in(self, locale: str) -> str:
        """The title in this language, else in any."""
        return str(self.titles.get(locale[:2]) or next(iter(self.titles.values()), ""))

    def text_in(self, locale: str) -> str:
        """What it is about in this language, else in any."""
        return str(self.texts.get(locale[:2]) or next(iter(self.texts.values()), ""))

    def words_after(self, locale: str, *, was_there: bool) -> str:
        """What is said afterwards in this language, else in any; "" before it is said."""
        words = self.thanks if was_there else self.missed
        return str(words.get(locale[:2]) or next(iter(words.values()), "")) if self.thanked_at else ""

    @property
    def left(self) -> int | None:
        """Places that are free, or None for any number."""
        return None if self.capacity is None else self.capacity - self.taken

    def takes_answers(self, now: datetime) -> bool:
        """Whether customers may still answer."""
        return self.status == self.Status.OPEN and now < self.starts_at

    def gives_places(self, now: datetime) -> bool:
        """Whether a place that becomes free still goes to the waiting list."""
        return self.status in (self.Status.OPEN, self.Status.CLOSED) and now < self.starts_at


class Attendance(ShopOwned):
    """One customer and one gathering.

    waiting_since: since when on the waiting list, whose order it is. ticket: what is shown at the door. check_in_key: of
    the program that checked in, so that a call repeated after a network gap changes nothing. is_seen: shows the first name to
    the guests who show theirs. made_customer: the customer is known by a friend's introduction only.
    """

    class Status(models.TextChoices):
        INVITED = "invited", _("invited")
        YES = "yes", _("coming")
        MAYBE = "maybe", _("perhaps")
        NO = "no", _("not coming")
        WAITING = "waiting", _("on the waiting list")
        CANCELLED = "cancelled", _("gave the place back")

    gathering = models.ForeignKey(Gathering, on_delete=models.CASCADE, related_name="attendances", db_index=False)
    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.INVITED)
    guests = models.PositiveSmallIntegerField(default=0)
    introduced_by = models.ForeignKey(
        "customers.Customer", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    made_customer = models.BooleanField(default=False)
    is_seen = models.BooleanField(default=False)
    source = models.CharField(max_length=40, blank=True)
    ticket = models.CharField(max_length=12, null=True, blank=True)
    invited_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    checked_in_at = models.DateTimeField(null=True, blank=True)
    check_in_key = models.CharField(max_length=80, null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["gathering", "customer"], name="attendance_once"),
            models.UniqueConstraint(fields=["shop", "ticket"], name="attendance_ticket_once"),
            models.UniqueConstraint(fields=["shop", "check_in_key"], name="attendance_check_in_once"),
        ]
        indexes = [
            models.Index(fields=["gathering", "status", "id"], name="attendance_by_status"),
            models.Index(fields=["gathering", "id"], name="attendance_of_gathering"),
            models.Index(
                fields=["shop", "gathering", "id"],
                condition=models.Q(made_customer=True, status="invited"),
                name="attendance_not_answered",
            ),
            models.Index(
                fields=["gathering", "waiting_since", "id"],
                condition=models.Q(status="waiting"),
                name="attendance_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gathering_id} {self.customer_id}: {self.status}"

    @property
    def persons(self) -> int:
        """The customer and the guests."""
        return 1 + self.guests


class Photo(ShopOwned):
    """A picture of a gathering, shown to its guests afterwards."""

    gathering = models.ForeignKey(Gathering, on_delete=models.CASCADE, related_name="photos")
    media = models.ForeignKey("messaging.Media", on_delete=models.CASCADE, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ("pk",)
        constraints = [models.UniqueConstraint(fields=["gathering", "media"], name="gathering_photo_once")]

    def __str__(self) -> str:
        return str(self.media)
