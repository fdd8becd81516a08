"""Tables of the channel: LetterPaper, LetterBatch, PrintedLetter."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class LetterPaper(ShopOwned):
    """What stands on each letter of a shop beside its text. return_line: empty means name and first line of the notice."""

    return_line = models.CharField(_("return line"), max_length=120, blank=True, default="")
    closing = models.CharField(_("greeting at the end"), max_length=80, blank=True, default="")
    signer = models.CharField(_("who signs"), max_length=80, blank=True, default="")
    footer = models.TextField(_("lines at the foot"), blank=True, default="")
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop"], name="letter_paper_once")]

    def __str__(self) -> str:
        return self.return_line


class LetterBatch(ShopOwned):
    """Letters that somebody took to print together. settled_at: when they told what became of them."""

    taken_by = models.ForeignKey(
        "core.Staff", on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    taken_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    letters = models.PositiveIntegerField()
    printed = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["shop", "-id"], name="letter_batch_newest")]

    def __str__(self) -> str:
        return f"{self.letters} letters, {self.taken_at:%Y-%m-%d}"


class PrintedLetter(ShopOwned):
    """One letter of a batch. token: by which it was taken. is_printed: null until it was told."""

    batch = models.ForeignKey(LetterBatch, on_delete=models.CASCADE, related_name="rows")
    message = models.ForeignKey("messaging.Message", on_delete=models.CASCADE, related_name="letters")
    token = models.CharField(max_length=32)
    is_printed = models.BooleanField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "message"], name="printed_letter_once")]

    def __str__(self) -> str:
        return f"{self.message_id} of {self.batch_id}"
