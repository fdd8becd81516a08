"""Tables of orders: Product, ProductChange, Order, OrderLine, Shipment, Return, ReturnLine, Refund, Checkout.

As the shop reports them.

Money is in minor units of the shop's currency. `value` is merchandise after discounts as the customer paid it (tax in,
shipping out); `list_value` the same before discounts.
"""

from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned, shop_manager


class Product(ShopOwned):
    """Something the shop sells. stock: units that can be sold, null where the shop does not tell."""

    sku = models.CharField(max_length=80)
    title = models.CharField(max_length=200, blank=True)
    category = models.CharField(max_length=120, blank=True)
    url = models.URLField(max_length=500, blank=True)
    image_url = models.URLField(max_length=500, blank=True, default="")
    price = models.BigIntegerField(null=True, blank=True)
    stock = models.BigIntegerField(null=True, blank=True)
    source_version = models.CharField(max_length=40, blank=True, default="")
    fingerprint = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "sku"], name="product_sku_once")]

    def __str__(self) -> str:
        return self.title or self.sku


class ProductChange(ShopOwned):
    """A new price or stock of a product. Append-only. old: null where none was known before."""

    class Kind(models.TextChoices):
        PRICE = "price", _("price")
        STOCK = "stock", _("stock")

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="changes", db_index=False)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    old = models.BigIntegerField(null=True, blank=True)
    new = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["product", "kind", "at"], name="product_change_by_time")]

    def __str__(self) -> str:
        return f"{self.kind} {self.old} → {self.new}"


class OrderQuerySet(models.QuerySet["Order"]):
    def counted(self) -> "OrderQuerySet":
        """Orders that count in every figure: placed, not cancelled, no test, with merchandise."""
        return self.filter(is_counted=True)


class Order(ShopOwned):
    """One order.

    number: the shop's. is_counted: KPIS.md, ground rules; kept by `orders.actions`. fingerprint: of all that the source
    said, so that a second import knows it unchanged. source_version: newest wins.
    """

    class Status(models.TextChoices):
        PLACED = "placed", _("placed")
        CANCELLED = "cancelled", _("cancelled")

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.SET_NULL, null=True, blank=True, related_name="orders", db_index=False
    )
    number = models.CharField(max_length=64)
    placed_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PLACED)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    is_test = models.BooleanField(default=False)
    is_counted = models.BooleanField(default=True)
    list_value = models.BigIntegerField(default=0)
    discount = models.BigIntegerField(default=0)
    value = models.BigIntegerField(default=0)
    tax = models.BigIntegerField(null=True, blank=True)
    shipping = models.BigIntegerField(null=True, blank=True)
    units = models.BigIntegerField(default=0)
    voucher_code = models.CharField(max_length=40, blank=True, default="")
    source = models.CharField(max_length=20, blank=True, default="")
    source_version = models.CharField(max_length=40, blank=True, default="")
    fingerprint = models.CharField(max_length=32, blank=True, default="")

    objects: ClassVar[Any] = shop_manager(OrderQuerySet)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "number"], name="order_number_once")]
        indexes = [
            models.Index(fields=["shop", "placed_at"], name="order_by_time"),
            models.Index(fields=["customer", "placed_at"], name="order_by_customer"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    """One line of an order. Equal lines are not duplicates. Lines that are not merchandise (postage, fees) say so."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(
        Product, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    sku = models.CharField(max_length=80, blank=True)
    title = models.CharField(max_length=200, blank=True)
    quantity = models.BigIntegerField(default=1)
    list_value = models.BigIntegerField(default=0)
    value = models.BigIntegerField(default=0)
    is_merchandise = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title or self.sku}"


class Shipment(ShopOwned):
    """One parcel of an order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shipments")
    number = models.CharField(max_length=64)
    shipped_at = models.DateTimeField(null=True, blank=True)
    promised_on = models.DateField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    carrier = models.CharField(max_length=60, blank=True)
    tracking_code = models.CharField(max_length=80, blank=True)
    tracking_url = models.CharField(max_length=500, blank=True)
    source_version = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "number"], name="shipment_number_once")]

    def __str__(self) -> str:
        return self.number


class Return(ShopOwned):
    """Goods that came back. The order is null where the source does not name it."""

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.SET_NULL, null=True, blank=True, related_name="returns"
    )
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, blank=True, related_name="returns")
    number = models.CharField(max_length=64)
    returned_at = models.DateTimeField()
    units = models.BigIntegerField(default=0)
    value = models.BigIntegerField(default=0)
    source = models.CharField(max_length=20, blank=True, default="")
    source_version = models.CharField(max_length=40, blank=True, default="")
    fingerprint = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "number"], name="return_number_once")]
        indexes = [models.Index(fields=["shop", "returned_at"], name="return_by_time")]

    def __str__(self) -> str:
        return self.number


class ReturnLine(models.Model):
    """One line of a return; quantity and value are positive."""

    parent = models.ForeignKey(Return, on_delete=models.CASCADE, related_name="lines")
    sku = models.CharField(max_length=80, blank=True)
    title = models.CharField(max_length=200, blank=True)
    quantity = models.BigIntegerField(default=1)
    value = models.BigIntegerField(default=0)
    is_merchandise = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title or self.sku}"


class Refund(ShopOwned):
    """Money given back. merchandise: the part for goods (counts in revenue after refunds); total: all of it."""

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.SET_NULL, null=True, blank=True, related_name="refunds"
    )
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, blank=True, related_name="refunds")
    number = models.CharField(max_length=64)
    refunded_at = models.DateTimeField()
    merchandise = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    source = models.CharField(max_length=20, blank=True, default="")
    source_version = models.CharField(max_length=40, blank=True, default="")
    fingerprint = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "number"], name="refund_number_once")]
        indexes = [models.Index(fields=["shop", "refunded_at"], name="refund_by_time")]

    def __str__(self) -> str:
        return self.number


class Checkout(ShopOwned):
    """What a customer put together to buy. token: the shop's own name for it, which its order carries, too.

    lines: `[{"sku", "title", "quantity", "value"}]`. due_at: when an open one counts as left; null for all others, and
    for one that was left before and is active again. left_at: when it counted as left first.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        LEFT = "left", _("abandoned")
        COMPLETED = "completed", _("completed")

    customer = models.ForeignKey(
        "customers.Customer", on_delete=models.SET_NULL, null=True, blank=True, related_name="checkouts"
    )
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, blank=True, related_name="checkouts")
    token = models.CharField(max_length=80)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    started_at = models.DateTimeField()
    active_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    value = models.BigIntegerField(default=0)
    lines = models.JSONField(default=list)
    url = models.URLField(max_length=500, blank=True, default="")
    source_version = models.CharField(max_length=40, blank=True, default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "token"], name="checkout_token_once")]
        indexes = [models.Index(fields=["shop", "status", "due_at"], name="checkout_due")]

    def __str__(self) -> str:
        return self.token
