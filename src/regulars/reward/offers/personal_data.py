"""What happens to vouchers when customers are merged, exported or erased."""

from django.utils.translation import gettext_lazy as _

from regulars.core.personal_data import declare

from .models import Voucher

declare(
    Voucher,
    title=_("Vouchers"),
    export=("code", "issued_at", "valid_until", "uses", "cancelled_at"),
    erase={"customer_id": None},
)
