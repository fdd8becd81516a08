"""The processes of a deployment: the web server, the worker loop and, for `sink://`, the mail sink.

The web server is waitress within one process, or granian with as many processes as REGULARS_WEB_WORKERS says.
"""

import gc
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
from typing import Any, cast
from urllib.parse import urlsplit

import django
from django.conf import settings
from django.utils.module_loading import import_string

from regulars.core.errors import Refused

from .children import Child, die_with, on_stop

WEB_THREADS = 16
"""Threads that wait for the disk hold up nobody: calls with events that wait together are committed together."""
RECEIVED_AT_ONCE = 128 * 1024
BACKLOG = 1024
"""Connections that wait until they are accepted."""
GC_THRESHOLD = (50_000, 20, 50)
"""A batch of events is thousands of objects without a cycle among them."""
WORKER_GRACE = 5
"""Seconds for the answers under way when granian's processes are stopped; less than the grace of all children."""

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
        listener.listen(BACKLOG)
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
    fd, workers = listener.fileno(), settings.REGULARS_WEB_WORKERS
    if workers:
        return Child("web", "regulars.run.processes:web_workers", (str(fd), str(workers)), (fd,), environment)
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

    gc.set_threshold(*GC_THRESHOLD)

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


def web_workers(fd: str, workers: str) -> None:
    """Serves the WSGI application on the listening socket `fd` by so many processes of granian until SIGTERM."""
    from granian._granian import SocketHolder
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels
    from granian.server.mp import MPServer

    class OnOurSocket(MPServer):
        """Granian opens its socket only when it is ready; ours lets who comes before that wait, instead of refusing."""

        def _init_shared_socket(self) -> None:
            ours: Any = self  # its annotations know only the way that we do not go
            ours._sfd, ours._shd = int(fd), cast(Any, SocketHolder)(int(fd), False, BACKLOG)
            ours._sso = socket.socket(fileno=int(fd))

    OnOurSocket(
        "regulars.run.processes:_application_of_worker",
        factory=True,
        interface=Interfaces.WSGI,
        workers=int(workers),
        blocking_threads=WEB_THREADS,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
        workers_kill_timeout=WORKER_GRACE,
    ).serve()


def _application_of_worker() -> Any:
    """What one process of granian serves. It ends when the process that started it does, however that ends."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    assert parent.pid is not None
    die_with(parent.pid)
    gc.set_threshold(*GC_THRESHOLD)
    return import_string(settings.WSGI_APPLICATION)


def work() -> None:
    """Runs due sweeps until SIGTERM: what was begun is finished, within the grace; the rest stays due."""
    django.setup()
    from regulars.core import worker

    stop = threading.Event()
    on_stop(stop.set)
    worker.work(stop)
