"""``suqiu up`` itself: clear words when it cannot start, and nothing left behind when it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from cli.model import PROJECT
from tests.e2e.system import System, wait_until


def run_up(system: System, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cli", "up"],
        cwd=PROJECT,
        env={**system.env, **more},
        capture_output=True,
        text=True,
        timeout=90,
    )


def one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_a_taken_port_is_named(own_system: System) -> None:
    with socket.create_server(("127.0.0.1", int(own_system.env["SUQIU_INTAKE_PORT"]))):
        sentence = one_sentence(run_up(own_system))
    assert own_system.env["SUQIU_INTAKE_PORT"] in sentence
    assert "SUQIU_INTAKE_PORT" in sentence


def test_a_broken_case_database_is_named(own_system: System) -> None:
    (own_system.home / "intake.db").write_bytes(b"this is no database" * 500)
    assert "数据库" in one_sentence(run_up(own_system))


def test_a_broken_conversation_database_is_named(own_system: System) -> None:
    (own_system.home / "tracker.db").write_bytes(b"this is no database" * 500)
    assert "tracker.db" in one_sentence(run_up(own_system))


def test_an_unreachable_database_is_named(own_system: System) -> None:
    url = "postgresql://nobody:nothing@127.0.0.1:1/none"
    sentence = one_sentence(run_up(own_system, SUQIU_DATABASE_URL=url))
    assert "数据库" in sentence and "nothing" not in sentence


def test_ctrl_c_leaves_nothing_and_a_second_start_makes_nothing_anew(own_system: System) -> None:
    own_system.start()
    assert "训练" not in own_system.output.read_text("utf-8")
    keys = (own_system.home / "secrets.env").read_text("utf-8")
    pids = list(own_system.service_pids().values())
    assert len(pids) == 4
    assert own_system.stop(signal.SIGINT) == 0
    assert not any(_alive(pid) for pid in pids)
    own_system.start()
    assert "密钥，" not in own_system.output.read_text("utf-8")
    assert (own_system.home / "secrets.env").read_text("utf-8") == keys
    # Killed outright, the supervisor takes its services with it.
    pids = list(own_system.service_pids().values())
    own_system.stop(signal.SIGKILL)
    wait_until(lambda: not any(_alive(pid) for pid in pids), 15, "all services to end")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A zombie has ended; only its parent has not looked yet.
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
