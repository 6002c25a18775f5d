"""The action behind ``report_form``: a message in, the dialogue's answer out, filing at its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.filing import Filed, Filer, Noted, NotTaken, Refused
from actions.rasa_news import LATE_NEWS, told_before
from actions.rasa_small_talk import SMALL_TALK
from actions.rasa_status import status_answer
from actions.rasa_tracker import Events, channel_of, event_values, slot_events, utter
from actions.report import dialogue
from actions.report.draft import Draft
from actions.report.turn import Outcome, Reply
from actions.said import Said
from actions.status import StatusDesk

_REQUESTED_SLOT = "requested_slot"


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
        draft = Draft.from_slot(tracker.get_slot("draft"))
        event = (tracker.latest_message.get("intent") or {}).get("name")
        if event in LATE_NEWS:
            return self._tell_late_news(event, draft, dispatcher, tracker)
        said = Said.from_rasa(tracker.latest_message)
        turn = dialogue.begin(said) if draft is None else dialogue.go_on(draft, said)
        events: Events = []
        if turn.digression:
            events += await self._digress(turn.digression, said, dispatcher, tracker)
        if turn.outcome is Outcome.CANCELLED:
            receipt = await self._filer.receipt_of(turn.draft)
            if receipt:
                turn.replies = [Reply("cancelled_too_late", {"receipt": receipt})]
        utter(dispatcher, turn.replies)
        if turn.outcome is None:
            return [
                *events,
                SlotSet("draft", turn.draft.to_slot()),
                SlotSet(_REQUESTED_SLOT, "draft"),
            ]
        if turn.outcome is Outcome.FILE:
            filed = await self._filer.file(turn.draft, tracker.sender_id, channel_of(tracker))
            utter(dispatcher, [_filing_reply(filed)])
            if isinstance(filed, NotTaken):
                # The form stays open: "对" tries again with the same draft.
                return [SlotSet("draft", turn.draft.to_slot()), SlotSet(_REQUESTED_SLOT, "draft")]
            if isinstance(filed, Filed):
                events.append(SlotSet("recent_case_id", filed.case.case_id))
        return [*events, SlotSet("draft", None), SlotSet(_REQUESTED_SLOT, None)]

    @staticmethod
    def _tell_late_news(
        intent: str, draft: Draft | None, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> Events:
        """News of an earlier appeal in the middle of a new one: no words of the citizen.

        While a form is open Rasa gives every message to the form, the courier's too.
        """
        events: Events = []
        repeated = told_before(tracker)
        if not repeated:
            reply, events = LATE_NEWS[intent](event_values(tracker))
            utter(dispatcher, [reply])
        if draft is not None:
            turn = dialogue.repeat(draft)
            if not repeated:
                utter(dispatcher, turn.replies)
            events += [SlotSet("draft", turn.draft.to_slot()), SlotSet(_REQUESTED_SLOT, "draft")]
        return events

    async def _digress(
        self, intent: str, said: Said, dispatcher: CollectingDispatcher, tracker: Tracker
    ) -> Events:
        if intent in ("query_status", "list_my_cases"):
            answer = await status_answer(self._status, intent, said, tracker)
            utter(dispatcher, answer.replies)
            return slot_events(answer.slots)
        utter(dispatcher, [Reply(SMALL_TALK[intent])])
        return []


def _filing_reply(filed: Filed | Noted | Refused | NotTaken) -> Reply:
    if isinstance(filed, Filed):
        case = filed.case
        return Reply(
            "filed_urgent" if case.urgent else "filed",
            {
                "case_id": case.case_id,
                "department": case.department_short,
                "due": wording.day(case.due_at),
            },
        )
    if isinstance(filed, Noted):
        return Reply("noted_for_later", {"receipt": filed.receipt})
    if isinstance(filed, Refused):
        return Reply("filing_refused", {"reason": filed.reason})
    return Reply("not_taken")
