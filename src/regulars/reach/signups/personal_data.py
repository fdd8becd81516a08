"""What happens to sign-ups when customers are merged, exported or erased."""

from django.utils.translation import gettext_lazy as _

from regulars.core.personal_data import declare

from .models import Signup

declare(Signup, title=_("Sign-ups"), export=("created_at", "confirmed_at", "state", "topics"))
