"""Processes that run together and end together: what `serve` and `demo` are made of.

No child outlives its parent. On a stop signal all are asked to stop (SIGTERM) and, past their grace, ended (SIGKILL).
If the parent itself is killed, the kernel ends the children (PR_SET_PDEATHSIG); elsewhere a watcher in the child does.
"""

import ctypes
import importlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

GRACE = 7.0
"""Seconds between SIGTERM and SIGKILL; a stop must be over within 10."""

PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Child:
    """A process to start: `entry` is `package.module:function`, called with `arguments` (texts)."""

    name: str
    entry: str
    arguments: Sequence[str] = ()
    pass_fds: tuple[int, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


def run_together(children: Sequence[Child], *, grace: float = GRACE, started: Callable[[], None] = lambda: None) -> int:
    """Starts the children and stays until SIGTERM, SIGINT or SIGHUP comes (returns 0) or one of them ends (returns 1).

    In both cases every child is gone when it returns. Must be called in the main thread.
    """
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    asked: list[int] = []
    before_fd = signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    stops = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    before = {number: signal.signal(number, lambda got, _frame: asked.append(got)) for number in stops}
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for child in children:
            processes[child.name] = _start(child)
        started()
        while not asked:
            select.select([wake], [], [], 0.5)
            for name, process in processes.items():
                if process.poll() is not None:
                    print(
                        f"The {name} process ended by itself (exit {process.returncode}); stopping.",
                        file=sys.stderr,
                        flush=True,
                    )
                    return 1
        return 0
    finally:
        _stop(list(processes.values()), grace)
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(before_fd)
        os.close(wake)
        os.close(waker)


@contextmanager
def running(children: Sequence[Child], *, grace: float = GRACE) -> Iterator[None]:
    """The children run while the block does; they are gone when it is left."""
    processes = [_start(child) for child in children]
    try:
        yield
    finally:
        _stop(processes, grace)


def _start(child: Child) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "regulars.run.children", str(os.getpid()), child.entry, *child.arguments],
        stdin=subprocess.DEVNULL,
        pass_fds=child.pass_fds,
        env=os.environ | child.environment,
        process_group=0,  # Ctrl-C in a terminal reaches the parent alone, which then stops them in order
    )


def _stop(processes: Sequence[subprocess.Popen[bytes]], grace: float) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + grace
    for process in processes:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def die_with(parent: int) -> None:
    """From now on this process ends when its parent does, however that ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def on_stop(stop: Callable[[], Any]) -> None:
    """Calls `stop` when SIGTERM or SIGINT comes, in a thread of its own: a handler that takes a lock which the
    interrupted code holds would wait for ever."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _got, _frame: threading.Thread(target=stop, daemon=True).start())


def main(arguments: list[str]) -> None:
    """`python -m regulars.run.children PARENT package.module:function [argument]…`: the life of a child."""
    parent, entry, *rest = arguments
    die_with(int(parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "regulars.config.settings")
    module, _, name = entry.partition(":")
    getattr(importlib.import_module(module), name)(*rest)


if __name__ == "__main__":
    main(sys.argv[1:])
