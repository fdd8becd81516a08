"""The guide's page of figures in each language, made from the definitions, so that it cannot say anything else."""

from django.utils.translation import gettext as _
from django.utils.translation import override

from . import kpis

LANGUAGES = {"en": "kpis.md", "de": "kpis.de.md"}
"""Language → name of its page in docs/guide."""


def page(language: str) -> str:
    """The page in Markdown."""
    with override(language):
        head = [
            f"# {_('Figures')}",
            "",
            _("One definition for each figure, the same on every page, in the API and on the command line."),
            _(
                "Periods run from the first moment of the first day up to, not including, the day after the last, in the "
                "shop's time zone. Shares are fractions of 1, intervals are 95 %. A figure that cannot be computed is empty "
                "with a reason, never 0."
            ),
            "",
            "`./regulars kpis --shop SLUG --from 2026-01-01 --to 2026-07-01 --by month --key KEY --json`",
            "",
            f"| {_('Key')} | {_('Figure')} | {_('Definition')} | {_('Version')} |",
            "|---|---|---|---|",
        ]
        rows = [
            f"| `{one.key}` | {one.title} | {str(one.definition).replace('|', chr(92) + '|')} | {one.version} ({one.since}) |"
            for one in kpis.definitions().values()
        ]
        return "\n".join([*head, *rows, ""])
