"""The intake service as a real process: killed while filing, stopped, started wrongly."""

from __future__ import annotations

import dataclasses
import http.server
import json
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator

import httpx
import pgserver
import pytest
import sqlalchemy as sa

from bot.settings import Settings
from intake import tables
from intake.database import Database
from tests.contract.intake_running import (
    API_KEY,
    ROOT,
    IntakeProcess,
    free_port,
    intake_settings,
)
from tests.integration.filers import (
    CITIZEN,
    HEADERS,
    Filer,
    all_cases,
    check_histories,
    check_kept_once,
    file,
)


@pytest.fixture
def postgresql() -> Iterator[str]:
    # The path of its socket has to be short, which pytest's own folders are not.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pg"))
    server = pgserver.get_server(folder, cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


def kill_while_filing(settings: Settings, rounds: int) -> None:
    running = IntakeProcess(settings)
    tried: set[str] = set()
    acknowledged: dict[str, str] = {}
    try:
        for number in range(rounds):
            filer = Filer(running.url, number)
            filer.wait_for_one()
            time.sleep(random.uniform(0, 0.3))
            running.kill()
            filer.end()
            running.start()
            tried |= filer.tried
            acknowledged |= filer.acknowledged
        check_kept_once(running.url, tried, acknowledged)
    finally:
        running.kill()


def keys_of_notices(url: str) -> set[str]:
    """Of all cases, whose histories are whole: each filing tells the department, nobody else."""
    count = check_histories(url)
    database = Database(url)
    try:
        with database.reading() as connection:
            keys = connection.scalars(sa.select(tables.notices.c.key)).all()
        assert len(keys) == len(set(keys)) == count
        return set(keys)
    finally:
        database.close()


class Department:
    """A department's own system, which receives notices by webhook."""

    def __init__(self) -> None:
        self.received: list[str] = []
        received = self.received

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                received.append(json.loads(body)["id"])
                self.send_response(200)
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def kill_while_filing_and_telling(settings: Settings, rounds: int) -> None:
    """The same with the notifier at work: each notice arrives, some of them twice at most."""
    department = Department()
    telling = dataclasses.replace(
        settings, notifier=True, webhook_url=department.url, webhook_secret="secret"
    )
    kill_while_filing(telling, rounds)
    wanted = keys_of_notices(settings.database_url)
    running = IntakeProcess(telling)
    try:
        # A claim of a killed notifier is taken up again after some minutes.
        deadline = time.monotonic() + 900
        while set(department.received) != wanted and time.monotonic() < deadline:
            time.sleep(1)
    finally:
        running.stop()
        department.close()
    assert set(department.received) == wanted
    again = len(department.received) - len(wanted)
    print(f"{rounds} kills, {len(wanted)} cases, {again} notices sent again with the same id")
    # What was in flight at a kill, at most one batch each.
    assert again <= rounds * 20


# Many rounds, with the notifier, by hand: SUQIU_KILLS=50 pytest -s -k sigkill_while_filing …
KILLS = int(os.environ.get("SUQIU_KILLS", 0))


def test_sigkill_while_filing_on_sqlite(tmp_path: pathlib.Path):
    settings = intake_settings(tmp_path, free_port())
    if KILLS:
        kill_while_filing_and_telling(settings, KILLS)
    else:
        kill_while_filing(settings, rounds=5)
    keys_of_notices(settings.database_url)


def test_sigkill_while_filing_on_postgresql(tmp_path: pathlib.Path, postgresql: str):
    settings = intake_settings(tmp_path, free_port(), SUQIU_DATABASE_URL=postgresql)
    if KILLS:
        kill_while_filing_and_telling(settings, KILLS)
    else:
        kill_while_filing(settings, rounds=2)
    keys_of_notices(settings.database_url)


def test_sigterm_answers_what_is_running_and_ends(tmp_path: pathlib.Path):
    running = IntakeProcess(intake_settings(tmp_path, free_port()))
    filer = Filer(running.url, 0)
    filer.wait_for_one()
    asked = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - asked < 4, "clients that never pause do not hold it up"
    filer.end()
    unanswered = filer.tried - set(filer.acknowledged)
    running.start()
    try:
        with httpx.Client(base_url=running.url, headers=HEADERS, trust_env=False) as client:
            assert set(filer.acknowledged.values()) <= set(all_cases(client))
        # At most the request that each thread sent after the service had stopped listening.
        assert len(unanswered) <= 4
    finally:
        running.kill()
    assert "Traceback" not in running.log


def test_log_holds_no_words_and_no_key(tmp_path: pathlib.Path):
    running = IntakeProcess(intake_settings(tmp_path, free_port()))
    try:
        with httpx.Client(base_url=running.url, headers=HEADERS, trust_env=False) as client:
            file(client, "key-000001")
            client.post("/api/v1/cases", content=b"{\xff", headers={"Idempotency-Key": "12345678"})
            client.get("/open311/v2/requests.json", params={"api_key": API_KEY, "page": "x"})
    finally:
        assert running.stop() == 0
    for secret in ("第 key", "13800138000", API_KEY, CITIZEN):
        assert secret not in running.log


def start_wrongly(settings: Settings) -> str:
    """What the service says on stderr when it cannot start."""
    ended = subprocess.run(
        [sys.executable, "-m", "intake"],
        cwd=ROOT,
        env={**os.environ, **settings.as_environment()},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 1
    lines = [line for line in ended.stderr.splitlines() if " INFO " not in line]
    assert len(lines) == 1, ended.stderr
    return lines[0]


def test_database_that_cannot_be_reached(tmp_path: pathlib.Path):
    url = "postgresql://suqiu:geheim@127.0.0.1:1/suqiu"
    said = start_wrongly(intake_settings(tmp_path, free_port(), SUQIU_DATABASE_URL=url))
    assert "数据库" in said and "geheim" not in said


def test_port_that_is_taken(tmp_path: pathlib.Path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        said = start_wrongly(intake_settings(tmp_path, other.getsockname()[1]))
    assert "端口" in said


def test_data_key_that_is_none(tmp_path: pathlib.Path):
    said = start_wrongly(intake_settings(tmp_path, free_port(), SUQIU_DATA_KEY="abc"))
    assert "SUQIU_DATA_KEY" in said
