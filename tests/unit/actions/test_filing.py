"""Filing through the queue against the real intake service, and against none."""

from __future__ import annotations

import asyncio
import pathlib
from collections.abc import AsyncIterator, Iterator

import pytest

from actions.filing import Filed, Filer, Noted, NotTaken, Refused
from actions.filing_queue import DELIVERED, PENDING, FilingQueue, QueueUnavailable
from actions.report.draft import ANONYMOUS, Draft
from actions.said import Said
from actions.status import StatusDesk
from bot.privacy import Vault, mask
from intake_client import IntakeClient
from tests.contract.intake_running import (
    API_KEY,
    DATA_KEY,
    ThreadedIntake,
    free_port,
    intake_settings,
)


@pytest.fixture(scope="module")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedIntake]:
    running = ThreadedIntake(intake_settings(tmp_path_factory.mktemp("intake")))
    yield running
    running.close()


@pytest.fixture
async def client(intake: ThreadedIntake) -> AsyncIterator[IntakeClient]:
    async with IntakeClient(intake.url, API_KEY, 5.0) as made:
        yield made


@pytest.fixture
async def nobody() -> AsyncIterator[IntakeClient]:
    async with IntakeClient(f"http://127.0.0.1:{free_port()}", API_KEY, 0.3) as made:
        yield made


@pytest.fixture
def vault() -> Vault:
    return Vault(DATA_KEY)


@pytest.fixture
def queue(tmp_path: pathlib.Path, vault: Vault) -> FilingQueue:
    return FilingQueue(f"sqlite:///{tmp_path}/queue.db", vault)


def draft(vault: Vault, phone: str = "13800138000") -> Draft:
    made = Draft.new()
    made.description, redactions = mask(f"桂城平东路灯坏了，我的电话{phone}")
    made.sealed = [vault.seal_redactions(redactions)]
    made.contact_phone = redactions[0].masked
    made.department, made.appeal_type = "urban_management", "complaint"
    made.address = {"district": "南海区", "town": "桂城街道"}
    return made


async def test_filed_at_once(queue: FilingQueue, client: IntakeClient, vault: Vault) -> None:
    done = await Filer(queue, client, vault).file(draft(vault), "openid-1", "wechat")
    assert isinstance(done, Filed)
    assert "13800138000" not in done.case.description
    assert queue.due() == [] and queue.untold() == []
    seen = await client.get_case(done.case.case_id, phone_last4="8000")
    assert getattr(seen, "description", None) == done.case.description


async def test_what_the_citizen_was_told_is_noted_behind_the_answer(
    queue: FilingQueue, client: IntakeClient, vault: Vault
) -> None:
    filer, made = Filer(queue, client, vault), draft(vault)
    done = await filer.file(made, "openid-8", "wechat")
    await filer.close()
    kept = queue.get(made.draft_id)
    assert isinstance(done, Filed) and kept
    assert (kept.state, kept.told) == (DELIVERED, True)
    assert kept.result and kept.result["case_id"] == done.case.case_id


async def test_a_queue_that_breaks_after_the_case_was_made_takes_nothing_away(
    queue: FilingQueue, client: IntakeClient, vault: Vault, caplog: pytest.LogCaptureFixture
) -> None:
    filer, made = Filer(queue, client, vault), draft(vault)
    breaking = filer.file(made, "openid-9", "wechat")
    queue.settle = _broken  # type: ignore[method-assign]
    done = await breaking
    await filer.close()
    assert isinstance(done, Filed)
    assert "could not be noted" in caplog.text
    again = await filer.file(made, "openid-9", "wechat")
    await filer.close()
    assert isinstance(again, Filed) and again.case.case_id == done.case.case_id


def _broken(*_: object, **__: object) -> None:
    raise QueueUnavailable("disk full")


async def test_the_same_draft_is_one_case_however_often_it_is_filed(
    queue: FilingQueue, client: IntakeClient, vault: Vault
) -> None:
    filer, made = Filer(queue, client, vault), draft(vault)
    done = await asyncio.gather(*(filer.file(made, "openid-2", "wechat") for _ in range(8)))
    assert len({filed.case.case_id for filed in done if isinstance(filed, Filed)}) == 1
    assert len(await client.list_cases("wechat:openid-2")) == 1


async def test_noted_while_nobody_answers_then_delivered_and_told_once(
    queue: FilingQueue,
    client: IntakeClient,
    nobody: IntakeClient,
    vault: Vault,
    tmp_path: pathlib.Path,
) -> None:
    noted = await Filer(queue, nobody, vault).file(draft(vault), "openid-3", "wechat")
    assert isinstance(noted, Noted)
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("queue.db*"))
    assert noted.receipt.lower().encode() in stored
    assert b"13800138000" not in stored and "路灯".encode() not in stored
    waiting = queue.pending_of("openid-3")
    assert [filing.receipt for filing in waiting] == [noted.receipt]
    # Another process opens the same file, as after a restart.
    reopened = FilingQueue(f"sqlite:///{tmp_path}/queue.db", vault)
    done = await Filer(reopened, client, vault).deliver(waiting[0], told=False)
    assert isinstance(done, Filed)
    untold = reopened.untold()
    assert [filing.result["case_id"] for filing in untold if filing.result] == [done.case.case_id]
    reopened.mark_told(untold[0].key)
    assert queue.untold() == [] and queue.pending_of("openid-3") == []


async def test_pauses_grow_and_nothing_is_due_meanwhile(
    queue: FilingQueue, nobody: IntakeClient, vault: Vault
) -> None:
    filer = Filer(queue, nobody, vault)
    await filer.file(draft(vault), "openid-4", "wechat")
    filing = queue.pending_of("openid-4")[0]
    assert (filing.state, filing.attempts) == (PENDING, 1)
    assert queue.due() == []


async def test_a_refusal_is_told_and_not_tried_again(
    queue: FilingQueue, client: IntakeClient, vault: Vault
) -> None:
    wrong = draft(vault)
    wrong.department = "nobody"
    done = await Filer(queue, client, vault).file(wrong, "openid-5", "wechat")
    assert isinstance(done, Refused) and done.reason
    assert queue.due() == []


async def test_with_a_broken_queue_the_platform_takes_it_directly_or_the_citizen_knows(
    queue: FilingQueue, client: IntakeClient, nobody: IntakeClient, vault: Vault
) -> None:
    with queue._begin() as connection:
        connection.exec_driver_sql("DROP TABLE filings")
    assert isinstance(await Filer(queue, client, vault).file(draft(vault), "o6", "wechat"), Filed)
    assert isinstance(
        await Filer(queue, nobody, vault).file(draft(vault), "o7", "wechat"), NotTaken
    )


async def test_seals_of_a_lost_key_do_not_lose_the_appeal(
    queue: FilingQueue, client: IntakeClient, vault: Vault
) -> None:
    made = draft(vault)
    made.sealed = ["forged"]
    assert isinstance(await Filer(queue, client, vault).file(made, "o8", "wechat"), Filed)


async def test_status_desk(
    queue: FilingQueue, client: IntakeClient, nobody: IntakeClient, vault: Vault
) -> None:
    desk = StatusDesk(client, queue)
    made = draft(vault)
    made.contact_phone = ANONYMOUS
    filer = Filer(queue, client, vault)
    done = await filer.file(made, "o9", "wechat")
    await filer.close()
    assert isinstance(done, Filed)
    case_id = done.case.case_id

    async def ask(who: str, *ids: tuple[str | None, str]) -> list[str]:
        said = Said("查", "query_status", case_ids=ids)
        answer = await desk.answer(said, who, "wechat", None)
        return [reply.response for reply in answer.replies]

    assert await ask("o9", (case_id, case_id)) == ["case_status"]
    assert await ask("o9") == ["case_status"]
    assert await ask("stranger", (case_id, case_id)) == ["case_bare_status"]
    assert await ask("stranger") == ["no_cases"]
    assert await ask("o9", (None, "FS2026")) == ["case_mistyped"]
    away = await StatusDesk(nobody, queue).answer(
        Said("查", "query_status", case_ids=((case_id, case_id),)), "o9", "wechat", None
    )
    assert [reply.response for reply in away.replies] == ["intake_away"]
    noted = await Filer(queue, nobody, vault).file(draft(vault), "o9", "wechat")
    assert isinstance(noted, Noted)
    listed = await desk.list_mine("o9", "wechat")
    assert noted.receipt in listed.replies[0].values["cases"]
    assert case_id in listed.replies[0].values["cases"]
