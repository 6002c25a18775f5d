"""The intake service and its client stay light and apart from the bot's machinery."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.contract.intake_running import ROOT

NEVER = ["rasa", "tensorflow", "spacy", "bot.nlu", "actions", "connectors", "cli"]


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("intake.server", [*NEVER, "intake_client"]),
        ("intake_client", [*NEVER, "intake", "sqlalchemy", "alembic", "psycopg2", "sanic"]),
    ],
)
def test_imports(module: str, forbidden: list[str]):
    code = f"import sys, {module}; print(*sys.modules, sep='\\n')"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert module in loaded
    for name in forbidden:
        assert not [m for m in loaded if m == name or m.startswith(f"{name}.")], name
