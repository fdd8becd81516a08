"""Show a record shop full of real purchases, with measures that ran for a year."""

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

NEEDS = "nothing"
EXAMPLE = "./regulars demo --port 8000"

CHECKOUT = Path(__file__).resolve().parents[4]


def command(
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8000,
    fresh: Annotated[bool, typer.Option("--fresh", help="Build the demo anew, up to today.")] = False,
) -> None:
    """Build the demo shop (once, in less than a minute) and serve it until SIGTERM or Ctrl-C.

    The purchases are real (23,570 customers of CDNOW), the people, titles and the last year are made up, and every
    page says so. No mail leaves this machine: all of them lie in the inbox of the demo. State lives in REGULARS_HOME/demo.
    """
    from regulars.run.processes import address_of, listen, own_settings

    with listen(host, port) as probe:  # a taken port is told before the work, not after it
        port = probe.getsockname()[1]
    home = Path(os.environ.get("REGULARS_HOME") or CHECKOUT / "var").expanduser().resolve() / "demo"
    os.environ |= own_settings(address_of(host, port)) | {
        "REGULARS_HOME": str(home),
        "REGULARS_DEMO": "1",
        "REGULARS_SMTP_URL": "sink://",
    }
    os.environ.pop("REGULARS_DATABASE", None)
    is_new = _build(home, fresh)
    _serve(host, port, is_new)


def _build(home: Path, fresh: bool) -> bool:
    from regulars.run.demo.mark import built

    if built(home) is not None and not fresh:
        return False
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    import django

    django.setup()
    from regulars.core import clock
    from regulars.run.demo.build import build
    from regulars.run.progress import progress

    with progress("Building the demo shop") as work:
        build(home, clock.now(), work)
    return True


def _serve(host: str, port: int, is_new: bool) -> None:
    import django

    from regulars.run.children import run_together
    from regulars.run.database import migrate_when_needed
    from regulars.run.demo.mark import EMAIL, PASSWORD
    from regulars.run.processes import address_of, listen, mail_children, own_settings, web_child, work_child

    if not is_new:
        django.setup()
        migrate_when_needed()
    address = address_of(host, port)
    environment = own_settings(address)

    def tell() -> None:
        typer.echo(f"The demo shop runs at {address} (Ctrl-C stops it)")
        typer.echo(f"Login: {EMAIL}   Password: {PASSWORD}")

    with listen(host, port) as listener:
        code = run_together([*mail_children(), web_child(listener, environment), work_child(environment)], started=tell)
    raise typer.Exit(code)
