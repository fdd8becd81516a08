"""Tables of the channel: NotePolicy, ParcelNote."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class NotePolicy(ShopOwned):
    """What notes a shop affords: how many in a calendar month (None: no limit), and what a gift costs, in minor units."""

    notes_per_month = models.PositiveIntegerField(_("notes in a month at most"), null=True, blank=True)
    gift_cost = models.PositiveIntegerField(_("cost of a gift"), default=0)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop"], name="note_policy_once")]

    def __str__(self) -> str:
        return f"{self.notes_per_month} a month"


class ParcelNote(ShopOwned):
    """Which order a note was taken for, and what became of it there. One row a message; a note that was given back and taken
    again moves to that order.

    outcome: "" while it is in somebody's hands, or was given back. tick_key: of the device that told; the same tick sent
    again changes nothing. has_gift: the note asks for a gift. cost: of the gift as it was then, in minor units.
    """

    class Outcome(models.TextChoices):
        DONE = "done", _("in the parcel")
        NOT_POSSIBLE = "not_possible", _("not possible")

    class Reason(models.TextChoices):
        NO_GIFT = "no_gift", _("The gift is not there")
        CLOSED = "closed", _("The parcel was closed already")
        NO_ROOM = "no_room", _("It does not fit into the parcel")
        WRONG = "wrong", _("The words do not suit this order")

    WAITS = frozenset({Reason.CLOSED, Reason.NO_ROOM})
    """Reasons for which the note goes into the customer's next parcel instead; for the others it is given up."""

    message = models.OneToOneField("messaging.Message", on_delete=models.CASCADE, related_name="parcel_note")
    order = models.ForeignKey("orders.Order", on_delete=models.CASCADE, related_name="parcel_notes")
    taken_by = models.ForeignKey(
        "core.Staff", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    taken_at = models.DateTimeField()
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True, default="")
    reason = models.CharField(max_length=12, choices=Reason.choices, blank=True, default="")
    told_at = models.DateTimeField(null=True, blank=True)
    has_gift = models.BooleanField(default=False)
    tick_key = models.CharField(max_length=40, null=True, blank=True)
    cost = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "tick_key"], name="parcel_note_tick_once")]
        indexes = [models.Index(fields=["shop", "-told_at", "-id"], name="parcel_note_by_time")]

    def __str__(self) -> str:
        return f"{self.message_id} in {self.order_id}"
