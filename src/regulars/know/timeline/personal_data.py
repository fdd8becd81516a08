"""What happens to Events when customers are merged, exported or erased."""

from django.utils.translation import gettext_lazy as _

from regulars.core.personal_data import declare

from .models import Event

declare(Event, title=_("Timeline"), export=("type", "at", "source", "data"), erase={"data": {}}, order=80)
