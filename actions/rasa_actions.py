"""The Rasa actions: each reads the tracker, asks a desk, and hands replies and slots back.

They get what they need from :mod:`actions.server`; none of them is built at import.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.answers import bare
from actions.filing import Filed, Filer, Noted, NotTaken, Refused
from actions.report import dialogue
from actions.report.draft import Draft
from actions.report.turn import Outcome, Reply
from actions.said import Said
from actions.status import StatusAnswer, StatusDesk

Events = list[dict[str, Any]]
_SURE = 0.6
_UNCLEAR = 0.3
_STORY = 15  # characters
_REQUESTED_SLOT = "requested_slot"
_SMALL_TALK = {
    "greet": "utter_greet",
    "thank": "utter_thank",
    "goodbye": "utter_goodbye",
    "ask_capability": "utter_capability",
    "ask_human": "utter_human",
    "chitchat": "utter_chitchat",
    "abuse": "utter_abuse",
    "urge_case": "utter_by_hotline",
    "supplement_case": "utter_by_hotline",
    "withdraw_case": "utter_by_hotline",
    "rate_case": "utter_by_hotline",
}


class ValidateReportForm(Action):
    """The whole of ``report_form``: every message while an appeal is being filled in.

    Filing happens here too, not in an action after the form: if anything fails before Rasa has
    kept the result, the form is still open, and confirming again files the same draft.
    """

    def __init__(self, filer: Filer, status: StatusDesk) -> None:
        self._filer = filer
        self._status = status

    def name(self) -> str:
        return "validate_report_form"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> Events:
        said = Said.from_rasa(tracker.latest_message)
        draft = Draft.from_slot(tracker.get_slot("draft"))
        turn = dialogue.begin(said) if draft is None else dialogue.go_on(draft, said)
        events: Events = []
        if turn.digression:
            events += await self._digress(turn.digression, said, dispatcher, tracker)
        _utter(dispatcher, turn.replies)
        if turn.outcome is None:
            return [
                *events,
                SlotSet("draft", turn.draft.to_slot()),
                SlotSet(_REQUESTED_SLOT, "draft"),
            ]
        if turn.outcome is Outcome.FILE:
            filed = await self._filer.file(turn.draft, tracker.sender_id, channel_of(tracker))
            _utter(dispatcher, [_filing_reply(filed)])
            if isinstance(filed, NotTaken):
                # The form stays open: "对" tries again with the same draft.
                return [SlotSet("draft", turn.draft.to_slot()), SlotSet(_REQUESTED_SLOT, "draft")]
            if isinstance(filed, Filed):
                events.append(SlotSet("recent_case_id", filed.case.case_id))
        return [*events, SlotSet("draft", None), SlotSet(_REQUESTED_SLOT, None)]

    async def _digress(
        self, intent: str, said: Said, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> Events:
        if intent in ("query_status", "list_my_cases"):
            answer = await _status_answer(self._status, intent, said, tracker)
            _utter(dispatcher, answer.replies)
            return _slot_events(answer.slots)
        _utter(dispatcher, [Reply(_SMALL_TALK[intent])])
        return []


class SmallTalk(Action):
    """Greetings, thanks and the like while no appeal is being filled in.

    A longer message that only looks like small talk is rather a story that was not understood: it
    starts a report, where nothing is lost. A short unclear one is asked about.
    """

    def name(self) -> str:
        return "action_small_talk"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> Events:
        said = Said.from_rasa(tracker.latest_message)
        if said.dangers or (said.confidence < _SURE and len(bare(said.text)) > _STORY):
            return [FollowupAction("report_form")]
        unclear = said.confidence < _UNCLEAR
        _utter(dispatcher, [Reply("utter_default" if unclear else _SMALL_TALK[said.intent])])
        return []


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
        answer = await _status_answer(self._status, "query_status", said, tracker)
        _utter(dispatcher, answer.replies)
        return _slot_events(answer.slots)


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
        intent = "query_status" if said.case_ids else "list_my_cases"
        answer = await _status_answer(self._status, intent, said, tracker)
        _utter(dispatcher, answer.replies)
        return _slot_events(answer.slots)


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
            answer = await _status_answer(self._status, "query_status", said, tracker)
            _utter(dispatcher, answer.replies)
            return _slot_events(answer.slots)
        if said.has_place or said.phones or (said.address.get("detail") and len(said.text) > 4):
            return [FollowupAction("report_form")]
        recent = tracker.get_slot("recent_case_id")
        if recent and said.intent == "affirm":
            _utter(dispatcher, [Reply("utter_already_filed", {"case_id": recent})])
        else:
            _utter(dispatcher, [Reply("utter_nothing_pending")])
        return []


class TellCaseFiled(Action):
    """Tells a citizen the case ID of an appeal that had to wait for the platform."""

    def name(self) -> str:
        return "action_tell_case_filed"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> Events:
        values = _event_values(tracker)
        case_id = values.get("case_id") or ""
        _utter(
            dispatcher,
            [
                Reply(
                    "utter_filed_later",
                    {
                        "case_id": case_id,
                        "department": values.get("department") or "",
                        "due": wording.day(values.get("due")),
                    },
                )
            ],
        )
        return [SlotSet("recent_case_id", case_id)]


class TellFilingRefused(Action):
    """Tells a citizen that the platform did not take a waiting appeal, and why."""

    def name(self) -> str:
        return "action_tell_filing_refused"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> Events:
        reason = _event_values(tracker).get("reason") or ""
        _utter(dispatcher, [Reply("utter_filing_refused", {"reason": reason})])
        return []


def all_actions(filer: Filer, status: StatusDesk) -> list[Action]:
    """Every action of the domain, wired."""
    return [
        ValidateReportForm(filer, status),
        SmallTalk(),
        QueryStatus(status),
        ListMyCases(status),
        AnswerOutsideForm(status),
        TellCaseFiled(),
        TellFilingRefused(),
    ]


def _filing_reply(filed: Filed | Noted | Refused | NotTaken) -> Reply:
    if isinstance(filed, Filed):
        case = filed.case
        return Reply(
            "utter_filed_urgent" if case.urgent else "utter_filed",
            {
                "case_id": case.case_id,
                "department": case.department_short,
                "due": wording.day(case.due_at),
            },
        )
    if isinstance(filed, Noted):
        return Reply("utter_noted_for_later", {"receipt": filed.receipt})
    if isinstance(filed, Refused):
        return Reply("utter_filing_refused", {"reason": filed.reason})
    return Reply("utter_not_taken")


def channel_of(tracker: Tracker) -> str:
    """The channel of the citizen's last message."""
    for event in reversed(tracker.events):
        if event.get("event") == "user" and event.get("input_channel"):
            return str(event["input_channel"])
    return "rest"


async def _status_answer(
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


def _digits(said: Said) -> str | None:
    """The last four digits of a phone, given alone or with the whole number."""
    return said.phone_last4 or (said.phones[0][-4:] if said.phones else None)


def _event_values(tracker: Tracker) -> dict[str, Any]:
    """The entities that came with an external event."""
    entities = tracker.latest_message.get("entities") or []
    return {entity["entity"]: entity["value"] for entity in entities}


def _utter(dispatcher: CollectingDispatcher, replies: Iterable[Reply]) -> None:
    for reply in replies:
        dispatcher.utter_message(response=reply.response, **reply.values)


def _slot_events(slots: Mapping[str, Any]) -> Events:
    return [SlotSet(name, value) for name, value in slots.items()]
