"""Extract the translatable texts and keep each module's German catalogue complete."""

from typing import Annotated

import typer

from regulars.core.errors import Refused
from regulars.run.answer import print_json

NEEDS = "nothing"
EXAMPLE = "./regulars messages --check"


def command(
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing; refuse what is untranslated or stale.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Answer with JSON.")] = False,
) -> None:
    """Extract the texts of Python files and templates into each module's locale/de/LC_MESSAGES/django.po.

    New texts come in untranslated (nothing is guessed from similar ones), unused ones are dropped, translations stay.
    """
    from regulars.run.extraction import extract, faults, update

    found = extract()
    changed: list[str] = []
    if not check:
        changed = [folder.name for folder, texts in found.items() if update(folder, texts)]
    wrong = faults(found)
    if json:
        print_json({"texts": sum(map(len, found.values())), "changed": changed, "faults": wrong})
    else:
        for fault in wrong:
            print(fault)
        print(f"{sum(map(len, found.values()))} texts in {len(found)} catalogues, {len(wrong)} faults.")
    if check and wrong:
        raise Refused(f"{len(wrong)} faults in the German catalogues (above); ./regulars messages adds what is missing")
