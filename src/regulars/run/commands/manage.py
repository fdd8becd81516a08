"""Django's own commands (migrate, shell, createsuperuser …) with the settings of this installation."""

import typer

NEEDS = "nothing"
EXAMPLE = "./regulars manage showmigrations"

app = typer.Typer()


@app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
)
def manage(context: typer.Context) -> None:
    """Pass everything on to Django's command line; `./regulars manage help` lists its commands."""
    from django.core.management import execute_from_command_line

    execute_from_command_line(["./regulars manage", *context.args])
