"""Logs go to stderr, answers to stdout."""

import os
import subprocess
import sys

from tests.fixtures.presence import CHECKOUT

CODE = """
import django; django.setup()
import structlog
log = structlog.get_logger("regulars.trial")
log.info("too quiet to be heard")
try:
    1 / 0
except ZeroDivisionError:
    log.exception("sweep failed", shop="plattenkiste")
print("answer")
"""


def test_a_log_line_is_on_stderr_with_its_words_and_the_answer_alone_on_stdout(home):
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=os.environ
        | {
            "PYTHONPATH": str(CHECKOUT / "src"),
            "REGULARS_HOME": str(home),
            "DJANGO_SETTINGS_MODULE": "regulars.config.settings",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == "answer\n"
    assert "ERROR regulars.trial event='sweep failed' shop='plattenkiste'" in done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert "too quiet" not in done.stderr
