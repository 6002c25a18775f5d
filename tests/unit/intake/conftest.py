from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.contract.intake_running import API_KEY, ThreadedIntake, intake_settings


@pytest.fixture(scope="session")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedIntake]:
    """One running service for all tests of this folder, on SQLite."""
    running = ThreadedIntake(intake_settings(tmp_path_factory.mktemp("intake")))
    yield running
    running.close()


SignIn = Callable[..., httpx.Client]
PASSWORD = "correct horse 7"


@pytest.fixture(scope="session")
def sign_in(intake: ThreadedIntake) -> Iterator[SignIn]:
    """``sign_in(role, department)``: HTTP as somebody who signed in, with the session's token."""
    made: dict[tuple[str, str | None], httpx.Client] = {}
    accounts = intake.app.ctx.service.accounts

    def client(role: str, department: str | None = None) -> httpx.Client:
        if (role, department) not in made:
            name = f"{role[:5]}-{department or 'all'}"
            now = dt.datetime.now(dt.timezone.utc)
            accounts.create(name, name, role, department, PASSWORD, now)
            _, token = accounts.sign_in(name, PASSWORD, now)
            made[role, department] = httpx.Client(
                base_url=intake.url,
                headers={"Authorization": f"Bearer {token}"},
                trust_env=False,
                timeout=20,
            )
        return made[role, department]

    yield client
    for opened in made.values():
        opened.close()


@pytest.fixture(scope="session")
def anyone(intake: ThreadedIntake) -> Iterator[httpx.Client]:
    """HTTP without an API key."""
    with httpx.Client(base_url=intake.url, trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture(scope="session")
def bot(intake: ThreadedIntake) -> Iterator[httpx.Client]:
    """HTTP with the API key."""
    headers = {"Authorization": f"Bearer {API_KEY}"}
    with httpx.Client(base_url=intake.url, headers=headers, trust_env=False, timeout=20) as client:
        yield client
