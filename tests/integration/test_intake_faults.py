"""What the service runs on breaks while citizens file: the server goes away, the disk is full."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator

import httpx
import pgserver
import pytest

from bot.settings import Settings
from tests.contract.intake_running import (
    IntakeProcess,
    free_port,
    intake_settings,
    wait_until_healthy,
)
from tests.integration.filers import HEADERS, Filer, check_histories, check_kept_once

_MIB = 1024 * 1024


@pytest.fixture
def postgresql() -> Iterator[pgserver.PostgresServer]:
    # The path of its socket has to be short, which pytest's own folders are not.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pg"))
    server = pgserver.get_server(folder, cleanup_mode="delete")
    yield server
    server.cleanup()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_postgresql_stopped_and_started_under_load(
    tmp_path: pathlib.Path, postgresql: pgserver.PostgresServer, mode: str
):
    url = postgresql.get_uri()
    running = IntakeProcess(intake_settings(tmp_path, free_port(), SUQIU_DATABASE_URL=url))
    filer = Filer(running.url, 0)
    try:
        filer.wait_for_one()
        pgserver.pg_ctl(
            ["-w", "-m", mode, "stop"], pgdata=postgresql.pgdata, user=postgresql.system_user
        )
        filer.wait_for_refusal()
        assert httpx.get(f"{running.url}/healthz", trust_env=False).status_code == 503
        postgresql.ensure_postgres_running()
        wait_until_healthy(running.url)
        filer.wait_for_more()
        filer.end()
        assert set(filer.refusals) == {"store_unavailable"}
        check_kept_once(running.url, filer.tried, filer.acknowledged)
    finally:
        filer.end()
        running.kill()
    check_histories(url)


@pytest.fixture
def small_disk(tmp_path: pathlib.Path) -> Iterator[Callable[[int], pathlib.Path]]:
    """Makes a disk with so many bytes."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="disk"))

    def make(size: int) -> pathlib.Path:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
        if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode != 0:
            pytest.skip("only the administrator of a machine can mount a small disk")
        return folder

    try:
        yield make
    finally:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True)
        folder.rmdir()


def fill_up(disk: pathlib.Path, left: int) -> pathlib.Path:
    """A file that leaves so many bytes of the disk."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        file.write(bytes(shutil.disk_usage(disk).free - left))
    return ballast


def file_until_full_and_on(settings: Settings, disk: pathlib.Path) -> dict[str, str]:
    """Code → words of every refusal while the disk was full; afterwards everything is kept once."""
    running = IntakeProcess(settings)
    filer = Filer(running.url, 0)
    try:
        filer.wait_for_one()
        ballast = fill_up(disk, left=2 * _MIB)
        filer.wait_for_refusal()
        with httpx.Client(base_url=running.url, headers=HEADERS, trust_env=False) as client:
            some_id = next(iter(filer.acknowledged.values()))
            if settings.database_url.startswith("sqlite"):
                # What is there can still be read.
                assert client.get(f"/api/v1/cases/{some_id}").status_code == 200
        ballast.unlink()
        filer.wait_for_more()
        filer.end()
        check_kept_once(running.url, filer.tried, filer.acknowledged)
    finally:
        filer.end()
        running.kill()
    check_histories(settings.database_url)
    return filer.refusals


def test_disk_of_sqlite_is_full_and_has_room_again(
    tmp_path: pathlib.Path, small_disk: Callable[[int], pathlib.Path]
):
    disk = small_disk(16 * _MIB)
    url = f"sqlite:///{disk}/intake.db"
    settings = intake_settings(tmp_path, free_port(), SUQIU_DATABASE_URL=url)
    refusals = file_until_full_and_on(settings, disk)
    assert set(refusals) == {"store_full"}
    assert "磁盘满了" in refusals["store_full"] and "没有保存" in refusals["store_full"]


def test_disk_of_postgresql_is_full_and_has_room_again(
    tmp_path: pathlib.Path, small_disk: Callable[[int], pathlib.Path]
):
    disk = small_disk(160 * _MIB)
    server = pgserver.get_server(disk / "data", cleanup_mode=None)
    try:
        settings = intake_settings(tmp_path, free_port(), SUQIU_DATABASE_URL=server.get_uri())
        # Without room for its log it stops answering until it has recovered.
        refusals = file_until_full_and_on(settings, disk)
        assert set(refusals) <= {"store_full", "store_unavailable"}
    finally:
        server.cleanup()
