"""Tables of web push: PushKey, PushSubscription."""

from django.db import models

from regulars.core.scoping import ShopOwned


class PushKey(ShopOwned):
    """The key pair by which push services know the shop (VAPID, RFC 8292). One row a shop, made when it is first needed.

    public: the point on P-256, base64url, as browsers take it (`applicationServerKey`). private: sealed; the number, base64url.
    It is never renewed: browsers agreed to this key, and would have to be asked again.
    """

    public = models.CharField(max_length=90)
    private = models.TextField()
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop"], name="push_key_once")]

    def __str__(self) -> str:
        return self.public[:12]


class PushSubscription(ShopOwned):
    """One browser of a customer that takes messages (Push API). A customer may have several.

    endpoint: where its push service takes them; who knows it may end the subscription. digest: SHA-256 of it, hexadecimal.
    p256dh, auth: the browser's public key and secret, base64url (RFC 8291). device: what the browser called itself, in
    two words, so that the customer knows it again.
    """

    customer = models.ForeignKey("customers.Customer", on_delete=models.CASCADE, related_name="+")
    endpoint = models.TextField()
    digest = models.CharField(max_length=64)
    p256dh = models.CharField(max_length=100)
    auth = models.CharField(max_length=40)
    device = models.CharField(max_length=60, blank=True, default="")
    made_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "digest"], name="push_subscription_once")]

    def __str__(self) -> str:
        return self.device or self.digest[:8]
