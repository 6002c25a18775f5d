"""Starts the services, restarts one that dies, and ends them all."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from cli.model import PROJECT
from cli.services import Service

_PR_SET_PDEATHSIG = 1
_GRACE = 10.0  # seconds between SIGTERM and SIGKILL
_SETTLED = 3.0  # a service that lived this long came up; dying earlier is a fault
_MOST_RESTARTS = 5


class ServiceFailed(Exception):
    """A service ended before it answered, or keeps dying; the message is for the operator."""


class Supervisor:
    """Runs services as children in sessions of their own, logs in ``log_dir``."""

    def __init__(self, environment: dict[str, str], log_dir: Path) -> None:
        self._environment = environment
        self._log_dir = log_dir
        self._running: dict[str, tuple[Service, subprocess.Popen[bytes], float]] = {}
        self._restarts: dict[str, int] = {}

    def start(self, service: Service) -> None:
        self._log_dir.mkdir(parents=True, exist_ok=True)
        with open(self._log_dir / f"{service.command}.log", "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cli", "serve", service.command],
                cwd=PROJECT,
                env={**os.environ, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C reaches the whole group of a terminal: only this process shall act on it.
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self._running[service.command] = (service, process, time.monotonic())

    def wait_until(self, service: Service, ready: Callable[[Service], bool], limit: float) -> None:
        """Wait until ``ready``.

        Raises:
            ServiceFailed: it ended or was not ready after ``limit`` seconds.
        """
        deadline = time.monotonic() + limit
        while not ready(service):
            process = self._running[service.command][1]
            if process.poll() is not None:
                raise ServiceFailed(f"{service.label}没有启动成功：{self._last_words(service)}")
            if time.monotonic() > deadline:
                raise ServiceFailed(
                    f"{service.label}过了 {limit:.0f} 秒还没有应答，日志在 {self._log(service)}"
                )
            time.sleep(0.1)

    def restart_dead(self) -> list[Service]:
        """Start again what has died; returns it.

        Raises:
            ServiceFailed: a service dies again and again.
        """
        restarted = []
        for name, (service, process, since) in list(self._running.items()):
            if process.poll() is None:
                continue
            if time.monotonic() - since > _SETTLED:
                self._restarts[name] = 0
            self._restarts[name] = self._restarts.get(name, 0) + 1
            if self._restarts[name] > _MOST_RESTARTS:
                raise ServiceFailed(f"{service.label}反复退出，日志在 {self._log(service)}")
            self.start(service)
            restarted.append(service)
        return restarted

    def stop(self) -> None:
        """End all services: politely first, then for good."""
        processes = [process for _, process, _ in reversed(self._running.values())]
        for process in processes:
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE
        for process in processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait()
        self._running.clear()

    def memory(self) -> dict[str, float]:
        """Resident megabytes of each service."""
        return {name: resident_megabytes(p.pid) for name, (_, p, _) in self._running.items()}

    def _log(self, service: Service) -> Path:
        return self._log_dir / f"{service.command}.log"

    def _last_words(self, service: Service) -> str:
        lines = self._log(service).read_text("utf-8", "replace").strip().splitlines()
        return f"{lines[-1] if lines else '没有输出'}（日志在 {self._log(service)}）"


def resident_megabytes(pid: int) -> float:
    """Resident memory of a process (Linux)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def die_with_parent() -> None:
    """For ``preexec_fn``: no child outlives a parent that was killed (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
