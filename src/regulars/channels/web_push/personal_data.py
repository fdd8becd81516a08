"""What happens to push subscriptions when customers are merged, exported or erased."""

from django.utils.translation import gettext_lazy as _

from regulars.core.personal_data import declare

from .models import PushSubscription

declare(PushSubscription, title=_("Browsers that take messages"), export=("made_at", "device", "endpoint"))
