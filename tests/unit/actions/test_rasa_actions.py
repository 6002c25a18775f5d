"""The Rasa actions, called as the action server calls them, with the real queue behind."""

from __future__ import annotations

import pathlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.filing import Filer
from actions.filing_queue import FilingQueue
from actions.rasa_actions import all_actions
from actions.report import dialogue
from actions.report.draft import Draft
from actions.said import Said
from actions.status import StatusDesk
from bot.privacy import Vault
from intake_client import IntakeClient
from tests.contract.intake_running import API_KEY, DATA_KEY, free_port

RANKING = [{"department": "urban_management", "confidence": 0.9}]


@pytest.fixture
def queue(tmp_path: pathlib.Path) -> FilingQueue:
    return FilingQueue(f"sqlite:///{tmp_path}/queue.db", Vault(DATA_KEY))


@pytest.fixture
async def filer(queue: FilingQueue) -> AsyncIterator[Filer]:
    """Nobody listens where the platform should be."""
    async with IntakeClient(f"http://127.0.0.1:{free_port()}", API_KEY, 0.3) as client:
        yield Filer(queue, client, Vault(DATA_KEY))


class Outcome:
    """What an action said and changed."""

    def __init__(self, dispatcher: CollectingDispatcher, events: list[dict[str, Any]]) -> None:
        self.text = "\n".join(message["text"] for message in dispatcher.messages)
        self.slots = {e["name"]: e["value"] for e in events if e["event"] == "slot"}
        self.next = next((e["name"] for e in events if e["event"] == "followup"), None)


@pytest.fixture
def run(filer: Filer, queue: FilingQueue) -> Any:
    actions = {a.name(): a for a in all_actions(filer, StatusDesk(filer._client, queue))}

    async def run(
        action: str, text: str, intent: str, confidence: float = 1.0, **more: Any
    ) -> Outcome:
        slots = more.pop("slots", {})
        heard = more.pop("heard", [{"event": "user", "input_channel": "wechat"}])
        message = {
            "text": text,
            "intent": {"name": intent, "confidence": confidence},
            "entities": more.pop("entities", []),
            **more,
        }
        tracker = Tracker("o1", slots, message, heard, False, None, {}, None)
        dispatcher = CollectingDispatcher()
        return Outcome(dispatcher, await actions[action].run(dispatcher, tracker, {}))

    return run


def confirmed_next() -> Draft:
    """A draft at "对吗？"."""
    turn = dialogue.begin(Said("公积金提取不了", "report_issue", ranking=(("housing_fund", 0.9),)))
    turn = dialogue.go_on(turn.draft, Said("匿名", "deny", names_matter=False))
    assert turn.draft.question == "confirmation"
    return turn.draft


async def test_small_talk_that_is_rather_a_story_starts_a_report(run: Any) -> None:
    unsure = await run("action_small_talk", "那个楼下一到晚上就吵得睡不着觉怎么办", "chitchat", 0.4)
    assert (unsure.next, unsure.text) == ("report_form", "")
    sure = await run("action_small_talk", "你是机器人吗", "chitchat")
    assert sure.next is None and sure.text
    greeting = await run("action_small_talk", "你好，我想问一下居住证怎么办", "greet", 0.9)
    assert greeting.next == "report_form"
    assert (await run("action_small_talk", "你好呀", "greet")).next is None
    unclear = await run("action_small_talk", "嘟嘟", "chitchat", 0.2)
    assert "没太明白" in unclear.text


@pytest.mark.parametrize(
    ("text", "intent", "confidence", "starts"),
    [
        ("河涌好臭", "affirm", 0.28, True),
        ("我在高明", "provide_info", 0.7, True),
        ("对", "affirm", 1.0, False),
        ("不用了", "deny", 1.0, False),
        ("取消", "cancel", 1.0, False),
        ("8000", "provide_info", 1.0, False),
        ("？？", "affirm", 0.3, False),
    ],
)
async def test_answers_to_nothing(
    run: Any, text: str, intent: str, confidence: float, starts: bool
) -> None:
    done = await run("action_answer_outside_form", text, intent, confidence)
    assert (done.next == "report_form") is starts
    assert bool(done.text) is not starts


async def test_news_in_the_middle_of_a_report_are_told_and_are_no_answer(run: Any) -> None:
    draft = confirmed_next()
    news = [
        {"entity": "case_id", "value": "FS20261124578061X"},
        {"entity": "department", "value": "城管局"},
        {"entity": "due", "value": "2026-12-15T00:00:00+08:00"},
    ]
    told = await run(
        "validate_report_form",
        "EXTERNAL: EXTERNAL_case_filed",
        "EXTERNAL_case_filed",
        entities=news,
        slots={"draft": draft.to_slot()},
    )
    assert "FS20261124578061X" in told.text and "12月15日" in told.text and "对吗" in told.text
    assert told.slots["recent_case_id"] == "FS20261124578061X"
    assert told.slots["draft"] == draft.to_slot()
    assert told.slots["requested_slot"] == "draft"
    refused = await run(
        "validate_report_form",
        "EXTERNAL: EXTERNAL_filing_refused",
        "EXTERNAL_filing_refused",
        entities=[{"entity": "reason", "value": "内容太短"}],
        slots={"draft": draft.to_slot()},
    )
    assert "内容太短" in refused.text and "EXTERNAL" not in str(refused.slots["draft"])


async def test_cancelling_what_was_taken_already_is_not_promised(
    run: Any, filer: Filer, queue: FilingQueue
) -> None:
    draft = confirmed_next()
    slots = {"draft": draft.to_slot()}
    assert "已取消" in (await run("validate_report_form", "取消", "cancel", slots=slots)).text
    # The same draft was filed, and the answer was lost on its way to Rasa.
    await filer.file(draft, "o1", "wechat")
    late = await run("validate_report_form", "取消", "cancel", slots=slots)
    assert "已取消" not in late.text and draft.draft_id[:6].upper() in late.text
    assert late.slots["draft"] is None and len(queue.pending_of("o1")) == 1


async def test_without_queue_and_platform_the_form_stays_open(run: Any, queue: FilingQueue) -> None:
    draft = confirmed_next()
    with queue._begin() as connection:
        connection.exec_driver_sql("DROP TABLE filings")
    slots = {"draft": draft.to_slot()}
    done = await run("validate_report_form", "对", "affirm", slots=slots)
    assert "还没有收下" in done.text
    assert done.slots["draft"] is not None and done.slots["requested_slot"] == "draft"
    listed = await run("action_list_my_cases", "我的诉求", "list_my_cases")
    assert "连不上" in listed.text


async def test_a_filed_draft_closes_the_form(run: Any) -> None:
    done = await run(
        "validate_report_form", "对", "affirm", slots={"draft": confirmed_next().to_slot()}
    )
    assert "收件号" in done.text
    assert done.slots["draft"] is None and done.slots["requested_slot"] is None


async def test_the_first_message_begins_a_report(run: Any) -> None:
    done = await run(
        "validate_report_form",
        "桂城平东路灯坏了",
        "report_issue",
        names_matter=True,
        department_ranking=RANKING,
        address={"district": "南海区", "town": "桂城街道"},
    )
    assert "联系电话" in done.text
    assert done.slots["draft"]["department"] == "urban_management"


def case_news(key: str) -> list[dict[str, Any]]:
    return [
        {"entity": "notice_key", "value": key},
        {"entity": "case_id", "value": "FS20261124578061X"},
        {"entity": "text", "value": "您反映的事已办结。{不是模板}"},
    ]


def heard_of(key: str, *more: dict[str, Any]) -> list[dict[str, Any]]:
    """The events of a conversation that ends with news of this key."""
    news = {"event": "user", "parse_data": {"entities": case_news(key)}}
    return [{"event": "user", "text": "你好"}, {"event": "bot"}, news, *more]


async def test_news_of_a_case_are_told_once(run: Any) -> None:
    intent = "EXTERNAL_case_news"
    arguments = {"text": intent, "intent": intent, "entities": case_news("k1")}
    told = await run("action_tell_case_news", heard=heard_of("k1"), **arguments)
    assert told.text == "您反映的事已办结。{不是模板}"
    assert told.slots["recent_case_id"] == "FS20261124578061X"
    # Asked again with the same key: the answer to the first time got lost.
    twice = heard_of("k1", {"event": "bot"}, *heard_of("k1"))
    again = await run("action_tell_case_news", heard=twice, **arguments)
    assert (again.text, again.slots) == ("", {})
    # The action failed the first time, or it was other news.
    for before in (heard_of("k1"), heard_of("k2", {"event": "bot"})):
        heard = [*before, *heard_of("k1")]
        assert (await run("action_tell_case_news", heard=heard, **arguments)).text


async def test_news_of_a_case_in_the_middle_of_a_report(run: Any) -> None:
    draft = confirmed_next()
    intent = "EXTERNAL_case_news"
    arguments = {
        "text": intent,
        "intent": intent,
        "entities": case_news("k1"),
        "slots": {"draft": draft.to_slot()},
    }
    told = await run("validate_report_form", heard=heard_of("k1"), **arguments)
    assert "已办结" in told.text and "对吗" in told.text
    twice = heard_of("k1", {"event": "bot"}, *heard_of("k1"))
    again = await run("validate_report_form", heard=twice, **arguments)
    assert again.text == "" and again.slots["draft"] == draft.to_slot()
    assert again.slots["requested_slot"] == "draft"
