"""Runs the simulator in this process."""

from __future__ import annotations

import socket

from bot.settings import Settings
from simulator.app import create_app


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Conversations are in memory, hence one process.

    Raises:
        OSError: the address cannot be used, for instance because the port is taken.
    """
    app = create_app(settings)
    # Bound here because Sanic only logs a failure to bind and then ends as if all were well.
    with socket.create_server((settings.host, settings.simulator_port)) as sock:
        app.run(sock=sock, workers=1, access_log=False, motd=False)
