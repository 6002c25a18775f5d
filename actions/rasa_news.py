"""Actions that tell a citizen what became of an appeal.

The courier triggers those about an appeal that had to wait, the intake service's notifier those
about progress.
"""

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


class TellCaseNews(Action):
    """Tells a citizen news of a case, in words that the platform chose."""

    def name(self) -> str:
        return "action_tell_case_news"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> Events:
        if told_before(tracker):
            return []
        reply, events = _case_news(event_values(tracker))
        utter(dispatcher, [reply])
        return events


def told_before(tracker: Tracker) -> bool:
    """Whether the notice of the present event was told in this conversation already.

    The platform sends a notice again, with the same key, when the answer to it got lost.
    """
    key = event_values(tracker).get("notice_key")
    if key is None:
        return False
    is_it = False
    for event in tracker.events:
        if event.get("event") == "user":
            entities = (event.get("parse_data") or {}).get("entities") or []
            is_it = any(
                entity.get("entity") == "notice_key" and entity.get("value") == key
                for entity in entities
            )
        elif event.get("event") == "bot" and is_it:
            return True
    return False


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


def _case_news(values: Mapping[str, Any]) -> tuple[Reply, Events]:
    reply = Reply("case_news", {"text": values.get("text") or ""})
    return reply, [SlotSet("recent_case_id", values.get("case_id"))]


LATE_NEWS = {
    "EXTERNAL_case_filed": _case_filed,
    "EXTERNAL_filing_refused": _filing_refused,
    "EXTERNAL_case_news": _case_news,
}
