"""The intake service for tests: settings, cases, and the service running on a real port."""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx
from cryptography.fernet import Fernet
from sanic import Blueprint, Sanic

from bot.settings import Settings, load_settings
from intake.app import create_app
from intake.server import listen, run
from intake.store import migrate

# Without it Sanic can start only once in a process: it rewrites its own methods at each start.
Sanic.test_mode = True

API_KEY = "test-api-key"
DATA_KEY = Fernet.generate_key().decode()
NOON = dt.datetime(2026, 11, 23, 4, 0, tzinfo=dt.timezone.utc)
ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def intake_settings(home: Path, port: int = 1, **values: str) -> Settings:
    """Settings of an intake service under ``home`` and nothing from the real environment."""
    return load_settings(
        {
            "SUQIU_HOME": str(home),
            "SUQIU_INTAKE_PORT": str(port),
            # Tests run a round when they want one.
            "SUQIU_SUPERVISION_SECONDS": "0",
            "SUQIU_OPEN311_API_KEY": API_KEY,
            "SUQIU_DATA_KEY": DATA_KEY,
            "SUQIU_BOT_TOKEN": "t",
            "SUQIU_SMS_KEY": "sms",
            # Tests that are about notices send them themselves.
            "SUQIU_NOTIFIER": "off",
            "WECHAT_TOKEN": "t",
            "WECHAT_APP_ID": "a",
            "WECHAT_APP_SECRET": "s",
            "WECHAT_ENCODING_AES_KEY": "k",
            **values,
        }
    )


def case_body(**changes: Any) -> dict[str, Any]:
    """A body for ``POST /api/v1/cases``."""
    return {
        "description": "桂城平东村口的路灯坏了三天，晚上很黑",
        "department": "urban_management",
        "appeal_type": "help",
        "urgent": False,
        "handling_mode": None,
        "address": {"district": "南海区", "town": "桂城街道", "detail": "平东大道 8 号"},
        "lat": 23.03,
        "long": 113.16,
        "channel": "wechat",
        "citizen": "wechat:openid-1",
        "contact_phone": "13800138000",
        "redactions": [],
        "occurred": "昨晚",
        "co_departments": [],
        **changes,
    }


class ThreadedIntake:
    """The service in a thread of this process, listening on a port of its own."""

    def __init__(
        self,
        settings: Settings,
        pages: Sequence[Blueprint] = (),
        clock: Callable[[], dt.datetime] | None = None,
    ) -> None:
        migrate(settings.database_url)
        self.app = create_app(settings, pages, clock)
        listening = listen("127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}"

        @self.app.after_server_start
        async def remember(app: Any, loop: Any) -> None:
            self._loop = loop

        self._thread = threading.Thread(
            target=run,
            args=(self.app, listening),
            kwargs={"register_sys_signals": False},
            daemon=True,
        )
        self._thread.start()
        wait_until_healthy(self.url)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self.app.stop)
        self._thread.join(10)


class IntakeProcess:
    """The service as ``python -m intake``; it can be killed and started again."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.url = f"http://127.0.0.1:{settings.intake_port}"
        self.start()

    def start(self) -> None:
        log = (self.settings.home / "intake.log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "intake"],
            cwd=ROOT,
            env={**os.environ, **self.settings.as_environment()},
            stdout=log,
            stderr=log,
        )
        log.close()
        wait_until_healthy(self.url)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """Ask it to end; its exit code."""
        self.process.terminate()
        return self.process.wait(15)

    @property
    def log(self) -> str:
        return (self.settings.home / "intake.log").read_text("utf-8")


def wait_until_healthy(url: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if httpx.get(f"{url}/healthz", trust_env=False, timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"{url} is not healthy")
        time.sleep(0.05)
