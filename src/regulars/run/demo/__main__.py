"""Plays the demo's year in a home of its own and packs it: `python -m regulars.run.demo`, when the program has learnt more."""

import argparse
import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

DATA = Path(__file__).parent / "data"


def main() -> None:
    """A shorter play with fewer customers (`--days 24 --customers 400 --into FOLDER`) is for tests."""
    arguments = argparse.ArgumentParser(prog="python -m regulars.run.demo", description=__doc__)
    arguments.add_argument("--days", type=int, default=365)
    arguments.add_argument("--customers", type=int, default=23_570)
    arguments.add_argument("--into", type=Path, default=DATA, metavar="FOLDER")
    asked = arguments.parse_args()
    with TemporaryDirectory() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
            "REGULARS_HOME": folder,
            "REGULARS_DEMO": "1",
            "REGULARS_SMTP_URL": "sink://",
        }
        os.environ.pop("REGULARS_DATABASE", None)
        import django

        django.setup()
        play_and_pack(Path(folder), asked.days, asked.customers, asked.into)


def play_and_pack(home: Path, days: int, customers: int, into: Path) -> None:
    """Plays into the database of this process, which must be empty, and writes the two files that `build` reads."""
    from django.db import connection

    from regulars.core import clock
    from regulars.run.progress import progress

    from .pack import pack
    from .year import NOT_NEEDED, NOT_SHIPPED, YEAR, YEAR_TOLD, play_year

    with progress("Playing the demo's year", total=days) as work:
        play = play_year(home, clock.now(), work, days, customers)
        connection.close()
        work.says("Packing")
        database = Path(connection.settings_dict["NAME"])
        pack(database, into / YEAR.name, without=NOT_SHIPPED, blank=NOT_NEEDED)
    told = {"first_day": play.first_day.isoformat(), "days": play.days, "orders": play.orders}
    (into / YEAR_TOLD.name).write_text(json.dumps(told) + "\n", "utf-8")


if __name__ == "__main__":
    main()
