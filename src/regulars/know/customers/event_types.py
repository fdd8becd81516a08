"""Events of customers."""

from django.utils.translation import gettext_lazy as _

from regulars.core.event_types import event_type

CUSTOMER_CREATED = event_type("customer.created", _("Customer became known"), icon="user-plus")
CUSTOMER_CHANGED = event_type("customer.changed", _("Customer data changed"), icon="user-pen")
CUSTOMER_MERGED = event_type("customer.merged", _("Merged with another customer"), icon="merge")
