"""Tables of the communication calendar: CalendarEntry, CalendarFeed, MeasureDay."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class CalendarEntry(ShopOwned):
    """Something that happens, and the moment at which customers are told of it.

    uid, recurrence_id: the same entry in every program; recurrence_id is empty but for one changed occurrence of an entry that
    repeats (its original moment, `20260501T070000Z` or `20260501`). begins_at, ends_at: [from, until). whole_days: then both
    are midnights in `zone`, a name such as Europe/Berlin, in which the entry also repeats. announced_at: when customers are
    told, None if they are not. recurrence: RRULE as given, one a line. further, left_out: moments (ISO 8601; days if
    whole_days) at which it happens besides, or does not. sequence: grows with each change; the older never overwrites the
    newer. revised_at: when its source last changed it. extra: lines of a file that have no column here, as they were.
    repeats_until: it does not happen after this; None without an end, or where none is known. planned_for: how many customers
    its segment had when it was announced, None before and without a segment.
    """

    class Kind(models.TextChoices):
        MAILING = "mailing", _("mailing")
        CALL = "call", _("phone calls")
        EVENT = "event", _("event")
        PROMOTION = "promotion", _("special promotion")
        WEBINAR = "webinar", _("webinar")
        OTHER = "other", _("something else")

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        CONFIRMED = "confirmed", _("confirmed")
        CANCELLED = "cancelled", _("does not take place")

    uid = models.CharField(max_length=500)
    recurrence_id = models.CharField(max_length=16, blank=True, default="")
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.EVENT)
    title = models.TextField(_("title"))
    description = models.TextField(_("description"), blank=True, default="")
    place = models.TextField(_("place"), blank=True, default="")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    whole_days = models.BooleanField(_("whole days"), default=False)
    zone = models.CharField(max_length=60)
    announced_at = models.DateTimeField(_("announced"), null=True, blank=True)
    segment = models.ForeignKey("segments.Segment", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    measure = models.ForeignKey("goals.Measure", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    status = models.CharField(_("state"), max_length=10, choices=Status.choices, default=Status.PLANNED)
    sequence = models.PositiveIntegerField(default=0)
    revised_at = models.DateTimeField(null=True, blank=True)
    recurrence = models.TextField(blank=True, default="")
    further = models.JSONField(default=list, blank=True)
    left_out = models.JSONField(default=list, blank=True)
    extra = models.TextField(blank=True, default="")
    repeats_until = models.DateTimeField(null=True, blank=True)
    planned_for = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey("core.Staff", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "uid", "recurrence_id"], name="calendar_entry_once"),
            models.CheckConstraint(
                condition=models.Q(ends_at__gte=models.F("begins_at")), name="calendar_entry_ends_after_it_begins"
            ),
        ]
        indexes = [
            models.Index(fields=["shop", "begins_at"], name="calendar_by_begin"),
            models.Index(fields=["shop", "announced_at"], name="calendar_by_announcement"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def repeats(self) -> bool:
        """Whether it happens more than once."""
        return bool(self.recurrence or self.further)

    @property
    def first_day(self) -> date:
        """The day on which it begins, in its own zone."""
        return self.begins_at.astimezone(ZoneInfo(self.zone)).date()

    @property
    def announced_day(self) -> date | None:
        """The day on which it is announced, in its own zone."""
        return self.announced_at.astimezone(ZoneInfo(self.zone)).date() if self.announced_at else None

    @property
    def last_day(self) -> date:
        """The day on which it ends, in its own zone; for whole days the last that belongs to it."""
        until: datetime = self.ends_at.astimezone(ZoneInfo(self.zone))
        ends = until.date() - timedelta(days=1) if self.whole_days else until.date()
        return max(ends, self.first_day)


class CalendarFeed(ShopOwned):
    """The calendar of one person under an address that nobody can guess. generation: part of the address; a renewed one is new.

    read_at: when a calendar program last fetched it, to the hour.
    """

    staff = models.ForeignKey("core.Staff", on_delete=models.CASCADE, related_name="+")
    generation = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "staff"], name="calendar_feed_once")]

    def __str__(self) -> str:
        return f"calendar of {self.staff_id}"


class MeasureDay(ShopOwned):
    """One measure on one day of the shop's clock: how many contacts it had, or will have if it goes on as of late.

    sent: counted, None for days to come. expected: about so many, None for days that are over.
    """

    measure = models.ForeignKey("goals.Measure", on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    sent = models.PositiveIntegerField(null=True, blank=True)
    expected = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["measure", "day"], name="measure_day_once")]
        indexes = [models.Index(fields=["shop", "day"], name="measure_day_by_day")]

    def __str__(self) -> str:
        return f"{self.measure_id} on {self.day}"
