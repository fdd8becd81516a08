"""Serve the pages and do the work: web server, worker and, where mails go to `sink://`, the mail sink, each a process."""

from typing import Annotated

import typer

from regulars.run.children import run_together
from regulars.run.database import migrate_when_needed
from regulars.run.processes import address_of, listen, mail_children, own_settings, web_child, work_child

NEEDS = "django"
EXAMPLE = "./regulars serve --host 127.0.0.1 --port 8000"


def command(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8000,
) -> None:
    """Serve the pages and do the work, until SIGTERM or Ctrl-C, which stop all within 10 seconds.

    The database is migrated first. If one of the processes ends by itself, the others are stopped (exit code 1).
    With REGULARS_SMTP_URL=sink:// (the default) a mail sink runs beside web and worker and keeps every mail.
    Behind a proxy set REGULARS_BASE_URL to the address that customers see and REGULARS_ALLOWED_HOSTS to its name.
    """
    listener = listen(host, port)
    migrate_when_needed()
    environment = own_settings(address_of(host, listener.getsockname()[1]))
    with listener:
        code = run_together(
            [*mail_children(), web_child(listener, environment), work_child(environment)],
            started=lambda: typer.echo(f"Regulars runs at {environment['REGULARS_BASE_URL']} (Ctrl-C stops it)"),
        )
    raise typer.Exit(code)
