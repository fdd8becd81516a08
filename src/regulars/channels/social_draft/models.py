"""The table of posts for social networks: SocialDraft."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from regulars.core.scoping import ShopOwned


class SocialDraft(ShopOwned):
    """A post that a person takes to a social network. network: a key of `networks.NETWORKS`. posted_at: None until then.

    planned_for: the day on which it shall go out, None where none is planned.
    """

    network = models.CharField(_("network"), max_length=12)
    text = models.TextField(_("text"))
    planned_for = models.DateField(_("planned for"), null=True, blank=True)
    made_at = models.DateTimeField()
    posted_at = models.DateTimeField(null=True, blank=True)
    posted_by = models.ForeignKey("core.Staff", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["shop", "posted_at"], name="social_draft_by_posting")]

    def __str__(self) -> str:
        return f"{self.network}: {self.text[:40]}"
