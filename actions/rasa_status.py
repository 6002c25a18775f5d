"""Actions about cases, and what answers mean while no appeal is being filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import has_words, is_only_an_answer
from actions.rasa_tracker import Events, channel_of, slot_events, utter
from actions.report.turn import Reply
from actions.said import Said
from actions.status import StatusAnswer, StatusDesk

_SURE = 0.6
_STORY = 15  # characters
_LONG = 40


class QueryStatus(Action):
    """查进度."""

    def __init__(self, status: StatusDesk) -> None:
        self._status = status

    def name(self) -> str:
        return "action_query_status"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> Events:
        said = Said.from_rasa(tracker.latest_message)
        if _is_rather_a_report(said):
            return [FollowupAction("report_form")]
        answer = await status_answer(self._status, "query_status", said, tracker)
        utter(dispatcher, answer.replies)
        events = slot_events(answer.slots)
        if len(said.text) > _LONG and (said.has_place or said.facilities):
            # "FS… 你们说修好了，现在又坏了": the old case is shown and the new words are taken.
            events.append(FollowupAction("report_form"))
        return events


class ListMyCases(Action):
    """我的诉求."""

    def __init__(self, status: StatusDesk) -> None:
        self._status = status

    def name(self) -> str:
        return "action_list_my_cases"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> Events:
        said = Said.from_rasa(tracker.latest_message)
        if _is_rather_a_report(said):
            return [FollowupAction("report_form")]
        intent = "query_status" if said.case_ids else "list_my_cases"
        answer = await status_answer(self._status, intent, said, tracker)
        utter(dispatcher, answer.replies)
        return slot_events(answer.slots)


class AnswerOutsideForm(Action):
    """Answers (是, 8000, 桂城平东) that come while no appeal is being filled in."""

    def __init__(self, status: StatusDesk) -> None:
        self._status = status

    def name(self) -> str:
        return "action_answer_outside_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> Events:
        said = Said.from_rasa(tracker.latest_message)
        waiting_for_digits = tracker.get_slot("status_case_id")
        if said.case_ids or (waiting_for_digits and _digits(said)):
            answer = await status_answer(self._status, "query_status", said, tracker)
            utter(dispatcher, answer.replies)
            return slot_events(answer.slots)
        if said.has_place or said.phones or _has_something_to_tell(said):
            return [FollowupAction("report_form")]
        recent = tracker.get_slot("recent_case_id")
        if recent and said.intent == "affirm":
            utter(dispatcher, [Reply("already_filed", {"case_id": recent})])
        else:
            utter(dispatcher, [Reply("nothing_pending")])
        return []


async def status_answer(
    desk: StatusDesk, intent: str, said: Said, tracker: Tracker
) -> StatusAnswer:
    conversation, channel = tracker.sender_id, channel_of(tracker)
    waiting = tracker.get_slot("status_case_id")
    digits = _digits(said)
    if waiting and digits and not said.case_ids:
        return await desk.with_last_four(waiting, digits, conversation, channel)
    if intent == "list_my_cases":
        return await desk.list_mine(conversation, channel)
    return await desk.answer(said, conversation, channel, tracker.get_slot("recent_case_id"))


def _is_rather_a_report(said: Said) -> bool:
    """Whether a message that hardly asks for a case tells something instead: 我住桂城平东."""
    if said.case_ids or said.confidence >= _SURE:
        return False
    return said.has_place or bool(said.facilities or said.dangers) or len(said.text) > _STORY


def _has_something_to_tell(said: Said) -> bool:
    """Whether an answer to nothing is rather the beginning of a report: 河涌好臭, 我在高明."""
    if said.intent == "cancel" or is_only_an_answer(said.text) or not has_words(said.text):
        return False
    if said.text.strip().isdigit():
        return False
    return said.intent == "provide_info" or said.confidence < _SURE or len(said.text) > _STORY


def _digits(said: Said) -> str | None:
    """The last four digits of a phone, given alone or with the whole number."""
    return said.phone_last4 or (said.phones[0][-4:] if said.phones else None)
