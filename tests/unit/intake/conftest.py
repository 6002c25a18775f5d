from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from tests.contract.intake_running import API_KEY, ThreadedIntake, intake_settings


@pytest.fixture(scope="session")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedIntake]:
    """One running service for all tests of this folder, on SQLite."""
    running = ThreadedIntake(intake_settings(tmp_path_factory.mktemp("intake")))
    yield running
    running.close()


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
