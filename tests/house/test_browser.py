"""The browser and the server of the tests: the real pages, over a real socket, with the test's own rows."""

import pytest

pytestmark = pytest.mark.browser


def test_the_login_page_is_served_without_faults_and_sees_the_tests_rows(page, live_regulars, shop):
    from regulars.core.actions import create_staff

    create_staff("owner@example.com", now=shop.created_at, shop=shop, password="a-long-word-of-33-turns")

    page.goto(f"{live_regulars}/accounts/login/")
    page.locator("input[name=login]").fill("owner@example.com")
    page.locator("input[name=password]").fill("a-long-word-of-33-turns")
    page.locator("form:has(input[name=password]) button[type=submit]").first.click()
    page.wait_for_url(lambda address: "/accounts/login" not in address)

    assert "sessionid" in {cookie["name"] for cookie in page.context.cookies()}
