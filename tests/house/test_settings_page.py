"""The page of settings cannot lie: it is made from what is read."""

from django.conf import settings
from tests.fixtures.presence import CHECKOUT

from regulars.run.commands.settings import PAGE, page


def test_every_setting_that_is_read_is_told_on_the_page():
    assert [one.name for one in settings.SETTINGS_READ if not one.about] == []
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_page_names_no_folder_of_this_machine():
    assert "sqlite:///$REGULARS_HOME/regulars.sqlite3" in page()
    assert str(CHECKOUT) not in page()
