"""The courier against the real intake service, and a bot that notes what it is told."""

from __future__ import annotations

import pathlib
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from actions.courier import Courier
from actions.filing import Filed, Filer, Noted
from actions.filing_queue import FilingQueue
from actions.report.draft import Draft
from bot.privacy import Vault
from intake_client import IntakeClient
from tests.contract.intake_running import (
    API_KEY,
    DATA_KEY,
    ThreadedIntake,
    free_port,
    intake_settings,
)
from tests.unit.simulator.echo_bot import running

TOKEN = "bot-token"


@dataclass
class Bot:
    """Rasa's trigger route; ``told`` holds ``(conversation, channel, body)``."""

    works: bool = True
    told: list[tuple[str, str | None, dict[str, Any]]] = field(default_factory=list)

    def app(self) -> Sanic:
        app = Sanic(f"bot-{secrets.token_hex(4)}", configure_logging=False)

        @app.post("/conversations/<conversation>/trigger_intent")
        async def trigger(request: Request, conversation: str) -> HTTPResponse:
            if not self.works or request.args.get("token") != TOKEN:
                return json({}, status=503)
            channel = request.args.get("output_channel")
            self.told.append((conversation, channel, request.json))
            return json({})

        return app


@pytest.fixture(scope="module")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedIntake]:
    service = ThreadedIntake(intake_settings(tmp_path_factory.mktemp("intake")))
    yield service
    service.close()


@dataclass
class Scene:
    queue: FilingQueue
    away: Filer
    here: Filer
    courier: Courier
    bot: Bot

    async def note(self, conversation: str, channel: str = "wechat", **changes: Any) -> Noted:
        """File a draft while the platform is away, and let its first pause pass."""
        draft = Draft.new()
        draft.description, draft.department = "桂城平东路灯坏了", "urban_management"
        draft.appeal_type = "complaint"
        for name, value in changes.items():
            setattr(draft, name, value)
        noted = await self.away.file(draft, conversation, channel)
        assert isinstance(noted, Noted)
        self.wait_no_longer()
        return noted

    def wait_no_longer(self) -> None:
        with self.queue._begin() as connection:
            connection.exec_driver_sql("UPDATE filings SET next_try_at = ?", (time.time() - 1,))


@pytest.fixture
async def scene(tmp_path: pathlib.Path, intake: ThreadedIntake) -> AsyncIterator[Scene]:
    vault, bot = Vault(DATA_KEY), Bot()
    queue = FilingQueue(f"sqlite:///{tmp_path}/queue.db", vault)
    async with (
        running(bot.app()) as url,
        IntakeClient(intake.url, API_KEY, 5.0) as client,
        IntakeClient(f"http://127.0.0.1:{free_port()}", API_KEY, 0.3) as nobody,
    ):
        here = Filer(queue, client, vault)
        courier = Courier(queue, here, url, TOKEN)
        yield Scene(queue, Filer(queue, nobody, vault), here, courier, bot)
        await courier.close()


async def test_a_waiting_appeal_is_delivered_and_told_once(scene: Scene) -> None:
    await scene.note("o1")
    for _ in range(3):
        await scene.courier.make_round()
    ((conversation, channel, body),) = scene.bot.told
    assert (conversation, channel, body["name"]) == ("o1", "wechat", "EXTERNAL_case_filed")
    cases = await scene.here._client.list_cases("wechat:o1")
    assert [case.case_id for case in cases] == [body["entities"]["case_id"]]


async def test_telling_waits_until_the_bot_answers(scene: Scene) -> None:
    scene.bot.works = False
    await scene.note("o2")
    await scene.courier.make_round()
    assert scene.bot.told == [] and scene.queue.pending_of("o2") == []
    scene.bot.works = True
    await scene.courier.make_round()
    assert scene.bot.told == [], "the pause after a failure is kept"
    scene.wait_no_longer()
    await scene.courier.make_round()
    assert len(scene.bot.told) == 1


async def test_a_refusal_is_told_with_its_reason(scene: Scene) -> None:
    await scene.note("o3", department="nobody")
    await scene.courier.make_round()
    ((_, _, body),) = scene.bot.told
    assert body["name"] == "EXTERNAL_filing_refused" and body["entities"]["reason"]


async def test_channels_without_a_way_back_are_not_told(scene: Scene) -> None:
    await scene.note("o4", channel="rest")
    await scene.courier.make_round()
    assert scene.bot.told == [] and scene.queue.untold() == []


async def test_the_turn_and_the_courier_deliver_the_same_case(scene: Scene) -> None:
    await scene.note("o5")
    filing = scene.queue.pending_of("o5")[0]
    done = await scene.here.deliver(filing, told=True)
    # The courier had read the same row just before.
    again = await scene.here.deliver(filing, told=False)
    assert isinstance(done, Filed) and isinstance(again, Filed)
    assert done.case.case_id == again.case.case_id
    await scene.courier.make_round()
    assert scene.bot.told == [], "the citizen heard it in the turn"


async def test_what_was_corrected_after_a_lost_answer_is_filed_as_corrected(scene: Scene) -> None:
    draft = Draft.new()
    draft.department, draft.appeal_type = "urban_management", "complaint"
    draft.description = "桂城平东路灯坏了"
    await scene.away.file(draft, "o6", "wechat")
    draft.description = "桂城平东路灯坏了四盏"
    done = await scene.here.file(draft, "o6", "wechat")
    assert isinstance(done, Filed) and done.case.description == "桂城平东路灯坏了四盏"
    assert len(await scene.here._client.list_cases("wechat:o6")) == 1


async def test_a_filing_of_a_lost_key_holds_up_nobody(scene: Scene) -> None:
    await scene.note("o7")
    with scene.queue._begin() as connection:
        connection.exec_driver_sql("UPDATE filings SET payload = 'gone'")
    await scene.note("o8")
    await scene.courier.make_round()
    assert [conversation for conversation, _, _ in scene.bot.told] == ["o8"]
