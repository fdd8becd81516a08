"""An import that is killed at random points, again and again, ends as one that never was: nothing lost, nothing doubled."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings

from regulars.connectors.files.models import ImportRun
from regulars.core.models import Shop
from regulars.core.scoping import scope
from regulars.know.customers.models import Customer
from regulars.know.orders.models import Order, OrderLine

ORDERS = 4_000
LINES = 3
CHILD = """
import sys
import django
django.setup()
from regulars.connectors.files import orders
orders.BATCH_ORDERS = 20
from regulars.run.cli import main
main(sys.argv[1:])
"""


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_kill_at_random_points(shop: Shop, database_url: str, tmp_path: Path, home: Path) -> None:
    file = tmp_path / "orders.csv"
    rows = [
        f"{n},c{n % 700},2026-05-04T12:00:00,LP-{n % 90},Record,{1 + line},{n % 50}.99\n"
        for line in range(LINES)  # the lines of an order lie far apart
        for n in range(ORDERS)
    ]
    file.write_text("order,customer,date,sku,title,quantity,price\n" + "".join(rows))
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
        "REGULARS_HOME": str(home),
        "REGULARS_DATABASE": database_url,
        "REGULARS_SECRET_KEY": settings.SECRET_KEY,
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    command = [
        sys.executable, "-c", CHILD, "import", "orders", str(file), "--shop", shop.slug, "--preset", "generic", "--json",
    ]  # fmt: skip
    dice = random.Random(8)
    for _ in range(5):
        child = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        aim = written(shop) + dice.randrange(400)
        while child.poll() is None and written(shop) <= aim:
            time.sleep(0.005)
        time.sleep(dice.uniform(0, 0.02))
        child.kill()
        child.wait()
    killed_at = written(shop)

    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)

    assert 0 < killed_at < ORDERS, "the import was never caught in the middle"
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["orders"] == ORDERS  # over all attempts, each counted once
    assert (told["rows"], told["customers"], told["rejected"]) == (ORDERS * LINES, 700, 0)
    with scope(shop=shop):
        assert ImportRun.objects.count() == 1
        assert (Order.objects.count(), OrderLine.objects.count(), Customer.objects.count()) == (ORDERS, 12_000, 700)
        units = Order.objects.values_list("units", flat=True).distinct()
        assert list(units) == [1 + 2 + 3]  # never half an order


def written(shop: Shop) -> int:
    with scope(shop=shop):
        return Order.objects.count()
