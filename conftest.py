"""Fixtures and rules for all tests, beside the code and of the whole system; the parts lie in tests/fixtures."""

pytest_plugins = [
    "tests.fixtures.presence",
    "tests.fixtures.database",
    "tests.fixtures.cast",
    "tests.fixtures.browser",
    "tests.fixtures.year",
]
