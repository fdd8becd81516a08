"""A worker of its own process for the test that kills it: advances one by one at the moment given until nothing is due."""

import sys
from datetime import datetime


def main() -> None:
    import django

    django.setup()
    from regulars.core.models import Shop
    from regulars.core.scoping import scope
    from regulars.journeys import actions
    from regulars.journeys.tests.toys import play

    play()
    now = datetime.fromisoformat(sys.argv[1])
    shop = Shop.objects.get()
    print("ready", flush=True)
    with scope(shop=shop):
        while actions.advance_batch(shop, now, limit=1).claimed:
            pass
    print("done", flush=True)


if __name__ == "__main__":
    main()
