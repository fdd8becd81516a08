"""The whole interface against its own description: schemathesis sends what it allows and what it forbids."""

from datetime import UTC, datetime
from typing import Any

import pytest

from regulars.core.actions import create_api_key, create_shop
from regulars.reward.offers.actions import issue_public, save_offer
from regulars.web.api.auth import SCOPES

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
EXAMPLES = 30
"""For each operation; the same ones in every run."""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_interface_keeps_what_its_description_promises() -> None:
    import schemathesis
    from hypothesis import HealthCheck, given, settings
    from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

    from regulars.config.wsgi import application

    shop = create_shop("craft", now=NOW)
    offer = save_offer(shop, "ten", now=NOW, name="Ten", kind="percent", percent=10)
    issue_public(shop, offer, now=NOW, code="SPRING", max_uses=1000)
    token = create_api_key(shop, "all", list(SCOPES), now=NOW)[1]
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
    checked: dict[str, int] = {}

    for operation in schema.get_all_operations():
        one = operation.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        def attempt(case: Any) -> None:
            # Of a batch the rows that fit are taken; and what the description allows may be of an order not known.
            lenient = [negative_data_rejection, positive_data_acceptance]
            without = [] if "voucher" in case.path else lenient
            case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=without)
            checked[case.path] = checked.get(case.path, 0) + 1

        given(case=one.as_strategy())(attempt)()
    assert len(checked) >= 9
    assert min(checked.values()) >= EXAMPLES // 3
