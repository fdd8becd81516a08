"""Each role may do what the table says, in its own shop, and nothing elsewhere."""

from datetime import UTC, datetime

import pytest

from regulars.core.actions import create_api_key, create_shop, create_staff, find_api_key, revoke_api_key
from regulars.core.models import AuditEntry
from regulars.core.roles import PERMISSIONS, ROLE_PERMISSIONS, Role, permissions_of

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.django_db
@pytest.mark.parametrize("role", list(Role))
def test_a_role_holds_in_its_shop_only(role: Role) -> None:
    mine, other = create_shop("craft", now=NOW), create_shop("vinyl", now=NOW)
    person = create_staff(f"{role}@example.com", now=NOW, shop=mine, role=role)

    assert permissions_of(person, mine) == ROLE_PERMISSIONS[role]
    assert permissions_of(person, other) == frozenset()
    person.is_active = False
    assert permissions_of(person, mine) == frozenset()


def test_only_the_owner_changes_settings_and_the_till_sees_no_customer() -> None:
    assert [role for role in Role if "manage_settings" in ROLE_PERMISSIONS[role]] == [Role.OWNER]
    assert "view_customers" not in ROLE_PERMISSIONS[Role.TILL]
    assert set().union(*ROLE_PERMISSIONS.values()) == set(PERMISSIONS)


@pytest.mark.django_db
def test_a_key_is_known_by_its_digest_only_and_ends_when_revoked() -> None:
    shop = create_shop("craft", now=NOW)
    key, text = create_api_key(shop, "till", ["vouchers:redeem"], now=NOW)

    assert text not in (key.digest, key.prefix)
    assert find_api_key(text) == key
    assert find_api_key(text + "x") is None
    revoke_api_key(key, now=NOW)
    revoke_api_key(key, now=NOW)
    assert find_api_key(text) is None
    assert AuditEntry.objects.filter(verb="api_key.revoked").count() == 1
