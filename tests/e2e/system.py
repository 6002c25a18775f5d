"""The whole system as ``suqiu up`` runs it, in a folder and on ports of its own."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from bot.settings import Settings, load_settings
from cli.model import PROJECT
from tests.contract.intake_running import free_port

_PORTS = ("SUQIU_BOT_PORT", "SUQIU_ACTIONS_PORT", "SUQIU_INTAKE_PORT", "SUQIU_SIMULATOR_PORT")
_START_LIMIT = 120.0


def environment(home: Path) -> dict[str, str]:
    """Variables for a system in ``home``; the ports stay the same over restarts."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SUQIU_", "WECHAT_"))}
    return {**kept, "SUQIU_HOME": str(home), **{name: str(free_port()) for name in _PORTS}}


def borrow_model(model_dir: Path, home: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "models").symlink_to(model_dir)


def wait_until(condition: Callable[[], bool], limit: float, what: str) -> None:
    deadline = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < deadline, f"waited {limit} s for: {what}"
        time.sleep(0.1)


class System:
    """One running system."""

    def __init__(self, home: Path, env: dict[str, str]) -> None:
        self.home = home
        self.env = env
        self.output = home / "up.out"
        self._process: subprocess.Popen[bytes] | None = None
        self._http = httpx.Client(trust_env=False, timeout=30.0)

    @property
    def settings(self) -> Settings:
        return load_settings(self.env)

    def start(self) -> None:
        """Start and wait for the line ``ready``."""
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "cli", "up"],
                cwd=PROJECT,
                env=self.env,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(self._is_ready, _START_LIMIT, "ready")

    def _is_ready(self) -> bool:
        assert self._process is not None
        text = self.output.read_text("utf-8")
        assert self._process.poll() is None, text
        return text.splitlines()[-1:] == ["ready"]

    def stop(self, number: int = signal.SIGINT) -> int:
        """End it as Ctrl-C does; returns the exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(30)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()
        self._http.close()

    def service_pids(self) -> dict[str, int]:
        """``suqiu serve`` name → process id, of the children now alive."""
        assert self._process is not None
        pid = self._process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        pids = {}
        for child in children:
            words = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            if b"serve" in words:
                pids[words[words.index(b"serve") + 1].decode()] = int(child)
        return pids

    def kill(self, service: str) -> None:
        os.kill(self.service_pids()[service], signal.SIGKILL)

    def kill_everything(self) -> None:
        assert self._process is not None
        pids = self.service_pids().values()
        self._process.kill()
        self._process.wait()
        for pid in pids:
            # They may be gone already: they end with their parent.
            subprocess.run(["kill", "-KILL", str(pid)], check=False, stderr=subprocess.DEVNULL)

    def intake_is_up(self) -> bool:
        try:
            address = f"{self.settings.intake_url}/healthz"
            return self._http.get(address, timeout=1.0).status_code == 200
        except httpx.HTTPError:
            return False

    def new_citizen(self) -> Citizen:
        return Citizen(f"http://127.0.0.1:{self.settings.simulator_port}/api/phones", self._http)

    def cases_of(self, citizen: Citizen) -> list[dict[str, Any]]:
        answer = self._http.get(
            f"{self.settings.intake_url}/api/v1/cases",
            params={"citizen": f"wechat:{citizen.openid}"},
            headers={"Authorization": f"Bearer {self.settings.api_key}"},
        )
        cases: list[dict[str, Any]] = answer.json()["cases"]
        return cases

    def open311(self, case_id: str, **params: str) -> httpx.Response:
        url = f"{self.settings.intake_url}/open311/v2/requests/{case_id}.json"
        return self._http.get(url, params=params)

    def tracker_text(self) -> str:
        """Everything that the conversation store holds."""
        with sqlite3.connect(self.settings.tracker_database) as connection:
            return "\n".join(row[0] for row in connection.execute("SELECT data FROM events"))

    def turns(self, conversation: str) -> int:
        """How many messages of a citizen the bot has worked on."""
        query = "SELECT COUNT(*) FROM events WHERE sender_id = ? AND type_name = 'user'"
        with sqlite3.connect(self.settings.tracker_database) as connection:
            (number,) = connection.execute(query, (conversation,)).fetchone()
        return int(number)

    def log_text(self) -> str:
        logs = self.settings.log_dir.glob("*.log")
        return "\n".join(log.read_text("utf-8", "replace") for log in logs)


class Citizen:
    """A phone of the simulator: what is sent goes through the encrypted webhook."""

    def __init__(self, address: str, http: httpx.Client, openid: str | None = None) -> None:
        body = {"openid": openid} if openid else {}
        self._http = http
        self._root = address
        self.openid: str = http.post(address, json=body).json()["openid"]
        self._address = f"{address}/{self.openid}/messages"

    def say(self, text: str) -> str:
        """Send a text; the passive reply."""
        answer = self._http.post(self._address, json={"text": text}).json()
        assert not answer["delivery"]["failed"], answer["delivery"]
        return answer["delivery"]["reply_text"] or ""

    def say_all(self, *texts: str) -> str:
        """Send one after the other; the last reply."""
        return [self.say(text) for text in texts][-1]

    def received(self) -> list[str]:
        """All that the account has sent so far, customer-service messages included."""
        answer = self._http.get(self._address, params={"after": 0}).json()
        return [m["text"] for m in answer["messages"] if m["side"] == "account"]

    def again(self) -> Citizen:
        """The same citizen after the simulator was restarted."""
        return Citizen(self._root, self._http, self.openid)
