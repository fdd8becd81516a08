"""`kpis`, `facts` and `scores`, as far as they are commands: what they print, and what they refuse."""

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from regulars.core.errors import Refused
from regulars.know.customers.models import Customer
from regulars.know.orders.models import Order
from regulars.run.commands import facts, kpis, scores

MAY, JUNE = datetime(2026, 5, 1), datetime(2026, 6, 1)


@pytest.fixture
def two_orders(shop: Any, rosa: Any, now: datetime) -> Any:
    for number, (moment, value) in enumerate([("2026-05-01T00:30+02:00", 1999), ("2026-06-01T00:10+02:00", 500)]):
        Order._base_manager.create(
            shop=shop,
            customer=rosa,
            number=str(number),
            placed_at=datetime.fromisoformat(moment),
            currency="EUR",
            value=value,
        )
    return shop


def test_kpis_prints_the_promised_form(two_orders: Any, capsys: pytest.CaptureFixture[str]) -> None:
    kpis.command("plattenkiste", MAY, JUNE, by="month", key=["revenue", "aov", "cohort_retention"], json=True)

    period = ["2026-05-01", "2026-06-01"]
    both = {"value": 19.99, "numerator": 19.99, "interval": None, "reason": None}
    assert json.loads(capsys.readouterr().out) == {
        "kpis": [
            {"key": "revenue", "period": period, "denominator": None, **both},
            {"key": "aov", "period": period, "denominator": 1, **both},
            {"key": "cohort_retention", "cohorts": {"2026-05": {"size": 1, "active": [1]}}},
        ]
    }


def test_kpis_follow_the_records_by_themselves(two_orders: Any, capsys: pytest.CaptureFixture[str]) -> None:
    facts.build("plattenkiste", json=True)
    assert json.loads(capsys.readouterr().out)["orders"] == 2
    Order._base_manager.filter(number="0").update(value=2999)

    kpis.command("plattenkiste", MAY, JUNE, key=["revenue"], json=True)

    assert json.loads(capsys.readouterr().out)["kpis"][0]["value"] == 29.99


def test_scores_export_names_the_shops_own_id(
    two_orders: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    scores.export("plattenkiste", csv=tmp_path / "scores.csv", at=datetime(2026, 5, 31))

    with (tmp_path / "scores.csv").open() as file:
        [row] = csv.DictReader(file)
    assert (row["customer"], row["recency_days"], row["frequency"], row["monetary"]) == ("rosa", "31", "1", "19.99")
    assert Customer._base_manager.get().number == "rosa"
    with pytest.raises(Refused, match="no model can be fitted"):
        scores.fit("plattenkiste")


def test_a_shop_that_is_not_there_is_refused_with_those_that_are(two_orders: Any) -> None:
    with pytest.raises(Refused, match="no shop 'nowhere'; there are: plattenkiste"):
        kpis.command("nowhere", MAY, JUNE)
