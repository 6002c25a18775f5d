"""What the processes may write into their logs: no citizen's words, and nothing to wade through.

Rasa and its libraries log exceptions with their messages, and structlog even with the variables of
every frame; both quote what was said. Here an exception is its kind and its place.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

from bot.failure import describe


def apply() -> None:
    """Call it before Rasa is imported: most warnings come with the imports."""
    # Imported here, because its import switches deprecation warnings on.
    import sanic  # noqa: F401

    silence_deprecations()
    hide_exception_messages()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%d %H:%M:%S"),
            _only_the_event,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=_write_exception),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
    _hide_sql_parameters()


def hide_exception_messages() -> None:
    """An exception in a log is its kind and place; its message may quote what was said."""
    logging.setLogRecordFactory(_record)


def silence_deprecations() -> None:
    """Whatever filters were set before; Rasa sets some that let such warnings through again."""
    warnings.filterwarnings("ignore", category=DeprecationWarning)


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = logging.LogRecord(*args, **kwargs)
    if record.exc_info and record.exc_info[1]:
        # A formatter takes this text where it is set, and makes one with the message where not.
        record.exc_text = describe(record.exc_info[1])
    return record


def _only_the_event(logger: Any, method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Rasa's events carry texts, trackers and slots under names of many kinds."""
    kept = ("event", "event_info", "level", "timestamp", "exc_info")
    return {name: value for name, value in event.items() if name in kept}


def _write_exception(out: TextIO, exc_info: Any) -> None:
    out.write(describe(exc_info[1]) + "\n")


def _hide_sql_parameters() -> None:
    """SQLAlchemy's messages quote the row being written; Rasa answers and logs with them."""
    import rasa.core.tracker_store as tracker_store

    original = tracker_store.create_engine_kwargs
    tracker_store.create_engine_kwargs = lambda url: {**original(url), "hide_parameters": True}
