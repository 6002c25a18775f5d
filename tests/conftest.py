"""For every test: no way out of this machine, and Sanic may start more than once."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from sanic import Sanic

from cli.model import PROJECT, is_stale
from cli.training import train_with_progress

# Without it Sanic can start only once in a process: it rewrites its own methods at each start.
Sanic.test_mode = True

_LOOPBACK = ("127.", "::1", "localhost")


class NetworkUsed(Exception):
    """A test wanted to leave this machine."""


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Connections to other machines fail at once, with the address in the message."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family != socket.AF_UNIX and not str(address[0]).startswith(_LOOPBACK):
            raise NetworkUsed(f"a test tried to connect to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    yield


@pytest.fixture(scope="session")
def model_dir() -> Path:
    """The trained model of this checkout; trained first when it is missing or stale."""
    directory = PROJECT / "var" / "models"
    if is_stale(directory):
        train_with_progress(directory, PROJECT / "var" / "log", Console(stderr=True))
    return directory
