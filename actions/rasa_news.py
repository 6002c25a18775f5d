"""Actions that tell a citizen late what became of an appeal; the courier triggers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.rasa_tracker import Events, event_values, utter
from actions.report.turn import Reply


class TellCaseFiled(Action):
    """Tells a citizen the case ID of an appeal that had to wait for the platform."""

    def name(self) -> str:
        return "action_tell_case_filed"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> Events:
        reply, events = _case_filed(event_values(tracker))
        utter(dispatcher, [reply])
        return events


class TellFilingRefused(Action):
    """Tells a citizen that the platform did not take a waiting appeal, and why."""

    def name(self) -> str:
        return "action_tell_filing_refused"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> Events:
        reply, events = _filing_refused(event_values(tracker))
        utter(dispatcher, [reply])
        return events


def _case_filed(values: Mapping[str, Any]) -> tuple[Reply, Events]:
    case_id = values.get("case_id") or ""
    told = {
        "case_id": case_id,
        "department": values.get("department") or "",
        "due": wording.day(values.get("due")),
    }
    return Reply("filed_later", told), [SlotSet("recent_case_id", case_id)]


def _filing_refused(values: Mapping[str, Any]) -> tuple[Reply, Events]:
    return Reply("filing_refused", {"reason": values.get("reason") or ""}), []


LATE_NEWS = {
    "EXTERNAL_case_filed": _case_filed,
    "EXTERNAL_filing_refused": _filing_refused,
}
