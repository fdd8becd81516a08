"""The cast is what the docs say."""

from regulars.core.scoping import scope
from regulars.decide.contact_policy.models import Consent, Objection


def test_the_cast_lives_in_one_shop_with_the_consents_told(shop, rosa, nico, lena, otto, heidi):
    with scope(shop=shop):
        granted = Consent.objects.filter(state="granted", purpose="marketing").values_list(
            "customer__number", flat=True
        )
        assert sorted(granted) == ["heidi", "lena", "nico", "rosa"]
        assert [objection.customer for objection in Objection.objects.all()] == [otto]
