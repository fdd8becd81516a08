"""The file of purchases: all of CDNOW, shifted, with titles whose lines add up to the cent."""

import csv
import random
from collections import defaultdict
from datetime import date
from pathlib import Path

from regulars.connectors.files.mapping import read_mapping
from regulars.core.models import Shop
from regulars.run.demo.behaviour import Past, Rates, purchases_of
from regulars.run.demo.play import NEW_A_DAY, Play
from regulars.run.demo.purchases import MAPPING, MOST_TITLES, Shelves, purchases, write_file

CDNOW = Rates(r=0.243, alpha=4.414, a=0.793, b=2.426)


def test_the_file_holds_every_real_purchase_to_the_cent(tmp_path: Path) -> None:
    end = date(2026, 8, 26)
    file = tmp_path / "plattenkiste.csv"

    write_file(file, end)

    lines: dict[str, list[dict[str, str]]] = defaultdict(list)
    with file.open(encoding="utf-8", newline="") as open_file:
        for line in csv.DictReader(open_file):
            lines[line["order"]].append(line)
    real = {row.order: row for row in purchases(end)}
    assert len(real) == 69_659
    assert lines.keys() == real.keys()
    assert max(row.day for row in real.values()) == end
    assert sum(row.value for row in real.values()) == 250_031_563
    for order, row in real.items():
        found = lines[order]
        assert len(found) <= MOST_TITLES
        assert sum(round(float(line["value"]) * 100) for line in found) == row.value
        assert sum(int(line["quantity"]) for line in found) == max(row.units, 1)
        assert {(line["customer"], line["date"][:10]) for line in found} == {(row.customer, row.day.isoformat())}


def test_a_discount_is_shared_by_the_lines() -> None:
    lines = Shelves().lines("00017", "P1", value=5000, units=3, discount=751)

    assert sum(line.list_value for line in lines) == 5000
    assert sum(line.value for line in lines) == 4249


def test_the_mapping_of_the_file_can_be_read() -> None:
    assert read_mapping(MAPPING, "of the demo", "orders").zero_counts


def test_newcomers_buy_again_as_often_as_the_model_expects() -> None:
    """E[X(t)] over 12 weeks from the day of the first purchase, BG/NBD of CDNOW: 0.501 (equation 9 of the paper)."""
    newcomer = Past("N1", 0, 0.0, 0.0, 1.0, 3000)
    draw = random.Random(1)
    again = [len(purchases_of(newcomer, CDNOW, 84, draw)) for _ in range(40_000)]
    assert abs(sum(again) / len(again) - 0.5014) < 0.02


def test_newcomers_of_the_play_come_again() -> None:
    play = Play(Shop(timezone="Europe/Berlin"), None, None, date(2026, 1, 1), 90, [], [], CDNOW, seed=3)  # type: ignore[arg-type]

    for day in range(90):
        play._decide_to_buy(day)

    assert play.newcomers == 90 * NEW_A_DAY
    assert 60 < len(play.bought_anyhow) < 250
    assert all(number.startswith("N") for number in play.bought_anyhow)
    assert all(0 < day < 90 for days in play.bought_anyhow.values() for day in days)
