"""The two processes of the embedded deployment: the web server (waitress) and the worker loop."""

import signal
import socket
import sys
import threading
from typing import Any

import django
from django.conf import settings
from django.utils.module_loading import import_string

from regulars.core.errors import Refused

from .children import GRACE, Child, on_stop

WEB_THREADS = 8


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


def web_child(listener: socket.socket, base_url: str) -> Child:
    """The web server on `listener`. Links in mails start with `base_url` unless REGULARS_BASE_URL is set."""
    fd = listener.fileno()
    return Child("web", "regulars.run.processes:web", (str(fd),), (fd,), {"REGULARS_BASE_URL": base_url})


def work_child(base_url: str) -> Child:
    """The worker loop."""
    return Child("work", "regulars.run.processes:work", (), (), {"REGULARS_BASE_URL": base_url})


def web(fd: str) -> None:
    """Serves the WSGI application on the listening socket `fd` until SIGTERM."""
    import waitress.server

    application: Any = import_string(settings.WSGI_APPLICATION)

    def leave(_got: int, _frame: object) -> None:
        raise SystemExit(0)

    server = waitress.server.create_server(
        application,
        sockets=[socket.socket(fileno=int(fd))],
        threads=WEB_THREADS,
        ident="",
        clear_untrusted_proxy_headers=True,
    )
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


__all__ = ["GRACE", "listen", "web", "web_child", "work", "work_child"]
