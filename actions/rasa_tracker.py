"""What all actions share: reading Rasa's tracker, writing to its dispatcher."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import wording
from actions.report.turn import Reply

Events = list[dict[str, Any]]


def channel_of(tracker: Tracker) -> str:
    """The channel of the citizen's last message."""
    for event in reversed(tracker.events):
        if event.get("event") == "user" and event.get("input_channel"):
            return str(event["input_channel"])
    return "rest"


def event_values(tracker: Tracker) -> dict[str, Any]:
    """The entities that came with an external event."""
    entities = tracker.latest_message.get("entities") or []
    return {entity["entity"]: entity["value"] for entity in entities}


def utter(dispatcher: CollectingDispatcher, replies: Iterable[Reply]) -> None:
    for reply in replies:
        dispatcher.utter_message(text=wording.say(reply.response, reply.values))


def slot_events(slots: Mapping[str, Any]) -> Events:
    return [SlotSet(name, value) for name, value in slots.items()]
