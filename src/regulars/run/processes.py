"""The processes of the embedded deployment: the web server (waitress), the worker loop and, for `sink://`, the mail sink."""

import gc
import logging
import os
import signal
import socket
import sys
import threading
from typing import Any
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.utils.module_loading import import_string

from regulars.core.errors import Refused

from .children import Child, on_stop

WEB_THREADS = 16
"""Threads that wait for the disk hold up nobody: calls with events that wait together are committed together."""
RECEIVED_AT_ONCE = 128 * 1024

DEFAULT_HOSTS = "127.0.0.1,localhost,[::1]"


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Refused if the address is taken or is none of this machine's."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _name, address = found[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise Refused(f"cannot listen on {host}: {error.strerror or error}") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(1024)
    except OSError as error:
        listener.close()
        raise Refused(f"cannot listen on {host}, port {port}: {error.strerror}; choose another with --port") from error
    return listener


def address_of(host: str, port: int) -> str:
    """The URL under which this machine's browser reaches a server that listens on `host` and `port`."""
    everywhere = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "[::1]"}  # noqa: S104 (compared, not bound)
    return f"http://{everywhere.get(host, f'[{host}]' if ':' in host else host)}:{port}"


def own_settings(address: str) -> dict[str, str]:
    """What a server at `address` sets for its processes where the environment leaves it open: the address that links
    start with, and that pages may be asked for under its host name."""
    hosts = f"{DEFAULT_HOSTS},{urlsplit(address).hostname}"
    return {
        "REGULARS_BASE_URL": os.environ.get("REGULARS_BASE_URL", address),
        "REGULARS_ALLOWED_HOSTS": os.environ.get("REGULARS_ALLOWED_HOSTS", hosts),
    }


def web_child(listener: socket.socket, environment: dict[str, str]) -> Child:
    """The web server on `listener`, with `environment` on top of ours (see `own_settings`)."""
    fd = listener.fileno()
    return Child("web", "regulars.run.processes:web", (str(fd),), (fd,), environment)


def work_child(environment: dict[str, str]) -> Child:
    """The worker loop, with `environment` on top of ours."""
    return Child("work", "regulars.run.processes:work", (), (), environment)


def mail_children() -> list[Child]:
    """The mail sink, where REGULARS_SMTP_URL is `sink://` (the default); elsewhere nothing."""
    is_sink = os.environ.get("REGULARS_SMTP_URL", "sink://").startswith("sink:")
    return [Child("mail", "regulars.run.processes:mail")] if is_sink else []


def mail() -> None:
    """Keeps every mail that the worker sends, until SIGTERM."""
    django.setup()
    from regulars.channels.smtp import sink

    sink.main()


def web(fd: str) -> None:
    """Serves the WSGI application on the listening socket `fd` until SIGTERM."""
    import waitress.server

    application: Any = import_string(settings.WSGI_APPLICATION)

    gc.set_threshold(50_000, 20, 50)  # a batch of events is thousands of objects without a cycle among them

    def leave(_got: int, _frame: object) -> None:
        raise SystemExit(0)

    server = waitress.server.create_server(
        application,
        sockets=[socket.socket(fileno=int(fd))],
        threads=WEB_THREADS,
        recv_bytes=RECEIVED_AT_ONCE,
        asyncore_use_poll=True,
        ident="",
        clear_untrusted_proxy_headers=True,
    )
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for each request that waits helps nobody
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    server.run()
    sys.exit(0)


def work() -> None:
    """Runs due sweeps until SIGTERM: what was begun is finished, within the grace; the rest stays due."""
    django.setup()
    from regulars.core import worker

    stop = threading.Event()
    on_stop(stop.set)
    worker.work(stop)
