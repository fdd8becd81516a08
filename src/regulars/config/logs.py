"""Logs: structlog's events through the standard library's logging, one line each, on stderr.

stdout belongs to answers: a log line in it would break every `--json`.
"""

import sys
from typing import Any

import structlog


def logging_settings(level: str) -> dict[str, Any]:
    """Django's LOGGING, and structlog made to follow it. `level`: DEBUG, INFO, WARNING or ERROR."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.contextvars.merge_contextvars,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["event"], drop_missing=True),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain", "stream": sys.stderr}},
        "root": {"handlers": ["stderr"], "level": level},
    }
