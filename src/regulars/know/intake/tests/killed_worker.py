"""A worker for the test that kills it: normalises what is due at the given moment."""

import sys
from datetime import datetime

import django

django.setup()

from regulars.core.models import Shop  # noqa: E402
from regulars.core.scoping import scope  # noqa: E402
from regulars.know.intake.sweeps import normalise_events  # noqa: E402

now = datetime.fromisoformat(sys.argv[1])
shop = Shop.objects.get()
print("ready", flush=True)
with scope(shop=shop):
    while normalise_events(shop, now):
        pass
