"""Our side of the rows `ingest`: a shop with a key, and the sweep that normalises what came in."""

import json
import sys
import time

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from benchmarks.ingest_client import CUSTOMERS  # noqa: E402
from regulars.core.actions import create_api_key, create_shop  # noqa: E402
from regulars.core.clock import now  # noqa: E402
from regulars.core.models import Shop  # noqa: E402
from regulars.core.scoping import scope  # noqa: E402
from regulars.core.worker import settle_in  # noqa: E402
from regulars.know.customers.actions import ensure_numbers  # noqa: E402
from regulars.know.intake.models import InboundCall  # noqa: E402
from regulars.know.intake.sweeps import normalise_events  # noqa: E402
from regulars.know.timeline.models import Event  # noqa: E402


def prepare() -> dict[str, object]:
    """A migrated database with a shop, its customers, and the text of its key."""
    call_command("migrate", verbosity=0)
    shop = create_shop("bench", now=now())
    ensure_numbers(shop, {f"c{number}" for number in range(CUSTOMERS)}, now())
    return {"token": create_api_key(shop, "bench", ["events:write"], now=now())[1]}


def sweep() -> dict[str, object]:
    """Normalises all that was accepted, and says how fast, and how much there is then."""
    settle_in()  # as the worker does
    shop = Shop.objects.get()
    with scope(shop=shop):
        began = time.perf_counter()
        while normalise_events(shop, now()):
            pass
        taken = time.perf_counter() - began
        left = InboundCall.objects.exclude(status="done").count()
        events = Event.objects.count()
    return {"per_second": events / taken, "events": events, "left": left}


if __name__ == "__main__":
    print(json.dumps({"prepare": prepare, "sweep": sweep}[sys.argv[1]]()))
