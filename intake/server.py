"""The intake service as a process."""

from __future__ import annotations

import socket
from collections.abc import Sequence
from typing import Any

from sanic import Blueprint, Sanic

from bot.settings import Settings
from intake.app import create_app
from intake.protocol import ClearProtocol
from intake.store import migrate


class PortUnavailable(Exception):
    """The port cannot be listened on; the message is one Chinese sentence."""


def serve(settings: Settings, pages: Sequence[Blueprint] = ()) -> None:
    """Bring the database up to date and serve on ``settings.host:settings.intake_port``.

    One process: the database is the bottleneck, not Python, and SQLite wants one writer. Returns
    after SIGTERM or SIGINT, once running requests are answered. ``pages`` as of
    :func:`intake.app.create_app`.

    Raises:
        intake.store.StoreUnavailable: the database cannot be used.
        PortUnavailable: the port is taken or forbidden.
        bot.settings.SettingsError: ``SUQIU_DATA_KEY`` is no key.
    """
    migrate(settings.database_url)
    app = create_app(settings, pages)
    with listen(settings.host, settings.intake_port) as listening:
        run(app, listening)


def run(app: Sanic, listening: socket.socket, **options: Any) -> None:
    """Serve ``app`` on a bound socket until it is stopped; ``options`` as of ``Sanic.run``."""
    app.run(
        sock=listening,
        workers=1,
        protocol=ClearProtocol,
        access_log=False,
        motd=False,
        **options,
    )


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to the port; port 0 takes any free one. Raises PortUnavailable."""
    # Bound here, because Sanic answers a taken port with a stack trace and a clean exit.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
    except OSError as error:
        listening.close()
        raise PortUnavailable(f"受理平台不能监听 {host}:{port}，端口可能被占用。") from error
    return listening
