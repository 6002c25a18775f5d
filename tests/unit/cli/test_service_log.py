"""No words of a citizen in the bot's log, whoever logs the exception."""

from __future__ import annotations

import subprocess
import sys

from cli.model import PROJECT

# In a process of its own: it changes logging and warnings for good.
SCRIPT = """
import logging, warnings
from cli import service_log
service_log.apply()
from rasa.core.tracker_store import SQLTrackerStore
import sqlalchemy, structlog
logging.basicConfig()
warnings.warn("an old way", DeprecationWarning)
store = SQLTrackerStore(domain=None, dialect="sqlite", db="")
try:
    words = "平东社区路灯坏了"
    with store.session_scope() as session:
        session.execute(sqlalchemy.text("INSERT INTO nowhere VALUES (:words)"), {"words": words})
except Exception as error:
    logging.getLogger("rasa").exception("could not be stored")
    logging.getLogger("rasa").error("answered with: %s", error)
    structlog.get_logger().exception("event.failed", text=words, event_info="said so")
"""


def test_exceptions_are_logged_without_what_they_quote() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    logged = done.stdout + done.stderr
    assert done.returncode == 0, logged
    assert "could not be stored" in logged and "event.failed" in logged and "said so" in logged
    assert logged.count("OperationalError in ") == 2
    assert "平东" not in logged
    assert "an old way" not in logged


LIGHT = """
import logging, sys
from cli import service_log
service_log.hide_exception_messages()
logging.basicConfig()
try:
    raise ValueError("平东社区路灯坏了")
except ValueError:
    logging.getLogger("actions").exception("action %s failed", "x")
print(sorted(name for name in ("rasa", "tensorflow") if name in sys.modules))
"""


def test_the_light_processes_hide_messages_too() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LIGHT],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "action x failed" in done.stderr and "ValueError in " in done.stderr
    assert "平东" not in done.stderr
    assert done.stdout.strip() == "[]"
