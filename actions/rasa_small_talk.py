"""Greetings, thanks and the like while no appeal is being filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.answers import bare, without_greeting
from actions.rasa_tracker import Events, utter
from actions.report.turn import Reply
from actions.said import Said

# Intent → text. In the middle of a report the same texts answer, and the question stands.
SMALL_TALK = {
    "greet": "greet",
    "thank": "thank",
    "goodbye": "goodbye",
    "ask_capability": "capability",
    "ask_human": "human",
    "chitchat": "chitchat",
    "abuse": "abuse",
    "urge_case": "by_hotline",
    "supplement_case": "by_hotline",
    "withdraw_case": "by_hotline",
    "rate_case": "by_hotline",
}

_SURE = 0.6
_UNCLEAR = 0.3
_STORY = 15  # characters
_MORE_THAN_HELLO = 5  # characters after the greeting


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
        unsure = said.confidence < _SURE and len(bare(said.text)) > _STORY
        greets_and_tells = (
            said.intent == "greet" and len(without_greeting(said.text)) >= _MORE_THAN_HELLO
        )
        if said.dangers or unsure or greets_and_tells:
            return [FollowupAction("report_form")]
        unclear = said.confidence < _UNCLEAR
        utter(dispatcher, [Reply("default" if unclear else SMALL_TALK[said.intent])])
        return []
