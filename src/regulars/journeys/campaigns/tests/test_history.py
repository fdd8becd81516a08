"""Campaigns of the past: the published figures come back, nothing is triggered, a second run changes nothing."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from regulars.connectors.files.past_campaigns import read
from regulars.core.errors import Refused
from regulars.decide.contact_policy.models import Contact
from regulars.journeys.campaigns.actions import record_history
from regulars.journeys.campaigns.models import Campaign
from regulars.know.customers.models import Customer
from regulars.know.timeline.models import Event, EventDue
from regulars.reach.messaging.models import Message
from regulars.reward.offers.models import Voucher, VoucherRedemption


def households(shop: Any, files: Path, now: datetime) -> None:
    import csv
    import gzip

    with gzip.open(files / "campaigns.csv.gz", "rt") as file:
        numbers = {row["household_id"] for row in csv.DictReader(file)}
    Customer._base_manager.bulk_create(
        Customer(shop=shop, number=number, created_at=now, updated_at=now) for number in sorted(numbers)
    )


@pytest.mark.data
def test_the_complete_journey_comes_in_with_its_published_figures(shop: Any, data_dir: Path, now: datetime) -> None:
    files = data_dir / "complete-journey-tenth"
    expected = json.loads((files / "expected.json").read_text())
    households(shop, files, now)
    for turn in range(2):
        past = read(
            shop,
            files / "campaigns.csv.gz",
            files / "campaign_descriptions.csv.gz",
            files / "coupon_redemptions.csv.gz",
        )
        found = record_history(shop, past, now)
        assert (found.campaigns, found.recipients, list(found.unknown)) == ((27, 787, []) if not turn else (0, 0, []))
    # then the published counts are there
    kpi, rows = expected["kpi"], expected["rows"]
    assert Message._base_manager.count() == Contact._base_manager.count() == rows["campaign_memberships"] == 787
    assert VoucherRedemption._base_manager.count() == rows["redemptions"] == 226
    used = Voucher._base_manager.filter(uses__gt=0)
    assert used.count() == kpi["pairs_redeeming_at_least_once"] == 88
    assert used.count() / Message._base_manager.count() == pytest.approx(kpi["pair_redemption_rate"], abs=1e-6)
    assert used.values("customer").distinct().count() == rows["households_redeeming"]
    for number, one in expected["by_campaign"].items():
        measure = Campaign._base_manager.get(key=f"past-{number}").measure
        assert Message._base_manager.filter(measure=measure).count() == one["targeted"]
        mine = VoucherRedemption._base_manager.filter(voucher__measure=measure)
        assert (mine.count(), mine.values("voucher__customer").distinct().count()) == (
            one["redemptions"],
            one["redeemers"],
        )
    # and it was history: it wakes nobody, and nothing waits to be sent
    assert not EventDue._base_manager.exists()
    assert not Event._base_manager.filter(is_history=False).exists()
    assert set(Campaign._base_manager.values_list("status", "is_history")) == {("done", True)}
    assert set(Message._base_manager.values_list("status", flat=True)) == {"done"}


@pytest.mark.parametrize(
    ("described", "words"),
    [
        ("campaign_id,start_date,end_date\n1,2017-13-01,2017-01-02\n", "line 2.*2017-13-01"),
        ("campaign_id,start_date,end_date\n1,2017-02-01,2017-01-02\n", "ends before"),
        ("campaign_id,start_date\n1,2017-02-01\n", "end_date"),
        ("campaign_id,start_date,end_date\n2,2017-01-01,2017-01-02\n", "campaign 1 is not among"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(shop: Any, tmp_path: Path, described: str, words: str) -> None:
    (tmp_path / "c.csv").write_text("campaign_id,customer\n1,K1\n")
    (tmp_path / "d.csv").write_text(described)
    with pytest.raises(Refused, match=words):
        read(shop, tmp_path / "c.csv", tmp_path / "d.csv", None)
