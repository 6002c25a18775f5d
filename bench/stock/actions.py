"""The action of the stock bot: files into the same platform, as a beginner would write it."""

from __future__ import annotations

import os
import uuid
from typing import Any

import requests
from rasa_sdk import Action, Tracker
from rasa_sdk.events import AllSlotsReset
from rasa_sdk.executor import CollectingDispatcher


class FileCase(Action):
    """Posts the case and tells its ID."""

    def name(self) -> str:
        return "action_file_case"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        answer = requests.post(
            os.environ["SUQIU_INTAKE_URL"] + "/api/v1/cases",
            headers={
                "Authorization": "Bearer " + os.environ["SUQIU_OPEN311_API_KEY"],
                "Idempotency-Key": uuid.uuid4().hex,
            },
            json={
                "description": tracker.get_slot("matter"),
                "department": "urban_management",
                "appeal_type": "complaint",
                "urgent": False,
                "address": {"detail": tracker.get_slot("place")},
                "channel": "rest",
                "citizen": "rest:" + tracker.sender_id,
            },
            timeout=5,
        )
        dispatcher.utter_message(text="已提交，编号：" + answer.json()["case_id"])
        return [AllSlotsReset()]
