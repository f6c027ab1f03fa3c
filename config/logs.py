"""Logging: readable lines for people or JSON for machines, and no secret in either."""

import logging
import re
import sys
from typing import Any

import structlog
from structlog.dev import plain_traceback
from structlog.tracebacks import ExceptionDictTransformer

_SECRETS = re.compile(
    r"(?P<key>\bs[kt]-am-)[0-9A-Za-z]{8,}"  # API keys sk-am-… and service tokens st-am-…
    r"|(?P<scheme>://[^/\s:@]*:)[^/\s@]+(?=@)"  # passwords in database and broker addresses
)
_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.StackInfoRenderer(),
]
# They tell of every request and every task; what goes wrong they tell at a higher level.
_TALKATIVE = (
    "django_structlog",
    "celery.worker.request",
    "celery.worker.strategy",
    "celery.app.trace",
    "celery.beat",
    "httpx",
)


def redact(text: str) -> str:
    """Return the text without keys, tokens and passwords of addresses."""
    return _SECRETS.sub(lambda match: f"{match['key'] or match['scheme']}…", text)


def configure(*, layout: str, level: str) -> dict[str, Any]:
    """Set structlog up and return Django's LOGGING; `layout` is console or json."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [*_renderers(layout), _redact_line],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            **{name: {"level": logging.WARNING} for name in _TALKATIVE},
            # Its warnings are the refusals that gateways get as answers.
            "django.request": {"level": logging.ERROR},
        },
    }


def _renderers(layout: str) -> list[Any]:
    drop_internals = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if layout == "json":
        return [
            drop_internals,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
            structlog.processors.JSONRenderer(),
        ]
    # Without a time: the supervisor, journald and docker each put theirs in front.
    console = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        pad_event_to=0,
        pad_level=False,
        # The richer ones print local variables, and with them secrets.
        exception_formatter=plain_traceback,
    )
    return [drop_internals, console]


def _redact_line(_logger: object, _name: str, line: str) -> str:
    return redact(line)
