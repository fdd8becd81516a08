"""Tables of offers: Offer, Voucher, VoucherRedemption."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class Offer(ShopOwned):
    """What is given, and on which conditions. Money in minor units of the shop's currency."""

    class Kind(models.TextChoices):
        PERCENT = "percent", _("percentage")
        AMOUNT = "amount", _("amount")
        FREE_SHIPPING = "free_shipping", _("free shipping")
        GIFT = "gift", _("gift")

    key = models.SlugField(max_length=60)
    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=14, choices=Kind.choices)
    percent = models.PositiveSmallIntegerField(_("percent"), null=True, blank=True)
    amount = models.BigIntegerField(_("amount"), null=True, blank=True)
    gift = models.CharField(_("gift"), max_length=120, blank=True)
    minimum_value = models.BigIntegerField(_("minimum order value"), default=0)
    valid_days = models.PositiveSmallIntegerField(_("valid for days"), default=30)
    max_uses = models.PositiveIntegerField(_("uses a code"), default=1)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="offer_key_once")]

    def __str__(self) -> str:
        return self.name


class Voucher(ShopOwned):
    """A code that the shop accepts. Conditions are copied from the offer when it is issued: later edits change nothing."""

    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="vouchers")
    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.SET_NULL, null=True, blank=True, related_name="vouchers"
    )
    measure = models.ForeignKey("goals.Measure", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    code = models.CharField(max_length=40)
    issue_key = models.CharField(max_length=120, null=True, blank=True)
    issued_at = models.DateTimeField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    minimum_value = models.BigIntegerField(default=0)
    max_uses = models.PositiveIntegerField(default=1)
    uses = models.PositiveIntegerField(default=0)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["shop", "code"], name="voucher_code_once"),
            models.UniqueConstraint(fields=["shop", "issue_key"], name="voucher_issue_once"),
            models.CheckConstraint(condition=models.Q(uses__lte=models.F("max_uses")), name="voucher_not_overused"),
        ]
        indexes = [
            models.Index(fields=["shop", "-issued_at"], name="voucher_by_time"),
            models.Index(fields=["shop", "id"], name="voucher_of_shop"),
            models.Index(fields=["offer", "uses"], name="voucher_by_uses"),
            models.Index(
                fields=["shop", "id"], condition=models.Q(cancelled_at__isnull=False), name="voucher_cancelled"
            ),
            models.Index(
                fields=["shop", "id"],
                condition=models.Q(cancelled_at=None, uses__gte=models.F("max_uses")),
                name="voucher_used",
            ),
            models.Index(
                fields=["shop", "valid_until", "id"],
                condition=models.Q(cancelled_at=None, uses__lt=models.F("max_uses")),
                name="voucher_unused",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def state(self, now: datetime) -> str:
        """open, used, expired, cancelled or future at `now`."""
        if self.cancelled_at is not None:
            return "cancelled"
        if self.uses >= self.max_uses:
            return "used"
        if now >= self.valid_until:
            return "expired"
        return "future" if now < self.valid_from else "open"


class VoucherRedemption(ShopOwned):
    """One use of a voucher. Append-only; the idempotency key makes a repeated call give the same answer."""

    voucher = models.ForeignKey(Voucher, on_delete=models.PROTECT, related_name="redemptions")
    idempotency_key = models.CharField(max_length=120)
    order_number = models.CharField(max_length=64, blank=True)
    order_value = models.BigIntegerField(null=True, blank=True)
    discount = models.BigIntegerField(null=True, blank=True)
    at = models.DateTimeField()
    answer = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "idempotency_key"], name="redemption_once")]

    def __str__(self) -> str:
        return f"{self.voucher_id} {self.order_number}"
