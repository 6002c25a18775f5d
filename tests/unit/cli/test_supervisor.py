"""Services as children: restarted when they die, ended when asked, explained when they fail."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.settings import Settings, load_settings
from cli import supervisor as supervisor_module
from cli.secrets_file import ensure_secrets
from cli.services import Service, all_services, answers, port_is_free
from cli.supervisor import ServiceFailed, Supervisor
from tests.contract.intake_running import free_port


@pytest.fixture
def known(tmp_path: Path) -> Settings:
    ensure_secrets(tmp_path, {})
    ports = ("SUQIU_BOT_PORT", "SUQIU_ACTIONS_PORT", "SUQIU_INTAKE_PORT", "SUQIU_SIMULATOR_PORT")
    return load_settings(
        {"SUQIU_HOME": str(tmp_path), **{port: str(free_port()) for port in ports}}
    )


@pytest.fixture
def supervisor(known: Settings) -> Iterator[Supervisor]:
    running = Supervisor(known.as_environment(), known.log_dir)
    yield running
    running.stop()


@pytest.fixture
def simulator(known: Settings) -> Service:
    """The lightest of the services."""
    return service(known, "simulator")


def service(known: Settings, command: str) -> Service:
    return next(one for one in all_services(known) if one.command == command)


def pid_of(supervisor: Supervisor, one: Service) -> int:
    return supervisor._running[one.command][1].pid


def test_a_dead_service_comes_back_and_stop_leaves_none(
    supervisor: Supervisor, simulator: Service
) -> None:
    assert port_is_free(simulator) and not answers(simulator)
    supervisor.start(simulator)
    supervisor.wait_until(simulator, answers, 60)
    assert not port_is_free(simulator)
    assert supervisor.restart_dead() == []
    assert supervisor.memory()["simulator"] > 1
    first = pid_of(supervisor, simulator)
    os.kill(first, signal.SIGKILL)
    while not supervisor.restart_dead():
        time.sleep(0.05)
    supervisor.wait_until(simulator, answers, 60)
    second = pid_of(supervisor, simulator)
    assert second != first
    supervisor.stop()
    assert port_is_free(simulator)
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)


def test_a_service_that_will_not_end_is_ended(
    supervisor: Supervisor, simulator: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "_GRACE", 0.2)
    supervisor.start(simulator)
    pid = pid_of(supervisor, simulator)
    # Stopped, it cannot act on SIGTERM.
    os.kill(pid, signal.SIGSTOP)
    supervisor.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_why_a_service_did_not_start_is_said_with_its_log(
    supervisor: Supervisor, known: Settings
) -> None:
    intake = service(known, "intake")
    with socket.create_server((intake.host, intake.port)):
        supervisor.start(intake)
        with pytest.raises(ServiceFailed) as failed:
            supervisor.wait_until(intake, lambda one: False, 60)
    assert "受理平台" in str(failed.value) and str(intake.port) in str(failed.value)
    assert str(known.log_dir / "intake.log") in str(failed.value)


def test_a_service_that_does_not_answer_in_time_is_named(
    supervisor: Supervisor, simulator: Service
) -> None:
    supervisor.start(simulator)
    with pytest.raises(ServiceFailed, match="微信模拟器过了 0 秒还没有应答"):
        supervisor.wait_until(simulator, lambda one: False, 0.1)


def test_a_service_that_dies_again_and_again_is_given_up(supervisor: Supervisor) -> None:
    nothing = Service("nothing", "不存在的服务", "127.0.0.1", 1, "X", "http://127.0.0.1:1/")
    supervisor.start(nothing)
    with pytest.raises(ServiceFailed, match="反复退出"):
        while True:
            supervisor.restart_dead()
            time.sleep(0.05)


def test_health_is_asked_at_an_address_that_can_be_reached(known: Settings) -> None:
    for host in ("0.0.0.0", "::"):
        for one in all_services(replace(known, host=host)):
            assert one.health.startswith("http://127.0.0.1:")
    addresses = {one.command: one.host for one in all_services(replace(known, host="0.0.0.0"))}
    # The action server trusts whoever reaches it.
    assert addresses == {
        "intake": "0.0.0.0", "actions": "127.0.0.1", "simulator": "0.0.0.0", "bot": "0.0.0.0",
    }  # fmt: skip
