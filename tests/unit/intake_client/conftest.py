from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from intake_client import IntakeClient
from tests.contract.intake_running import API_KEY, ThreadedIntake, intake_settings


class CannedServer:
    """A real server that answers each request with the next of ``answers`` (raw bytes)."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.requests: list[bytes] = []
        self.url = ""

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.requests.append(await reader.readuntil(b"\r\n\r\n"))
        if self.answers:
            writer.write(self.answers.pop(0))
            await writer.drain()
            writer.close()
        else:
            # Says nothing until the client gives up.
            await reader.read()
            writer.close()


@pytest.fixture
async def canned() -> AsyncIterator[CannedServer]:
    made = CannedServer()
    server = await asyncio.start_server(made.handle, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield made
    server.close()


@pytest.fixture(scope="session")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedIntake]:
    running = ThreadedIntake(intake_settings(tmp_path_factory.mktemp("intake")))
    yield running
    running.close()


@pytest.fixture
async def client(intake: ThreadedIntake) -> AsyncIterator[IntakeClient]:
    async with IntakeClient(intake.url, API_KEY, 10) as made:
        yield made
