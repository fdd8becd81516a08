"""Do the work only: a further worker beside `serve`, on this machine or another."""

NEEDS = "database"
EXAMPLE = "./regulars work"


def command() -> None:
    """Run due sweeps until SIGTERM or Ctrl-C: a further worker beside `serve`, here or on another machine.

    Any number may run: due rows are claimed, so that each is worked on once.
    """
    from regulars.run.processes import work

    work()
