"""Stories of real people, through the trained model, the dialogue and the real intake service.

Rasa's server is left out: the form and the rules are followed here as Rasa follows them, so that a
story takes milliseconds. The whole chain is tried in ``tests/e2e``.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.filing import Filer
from actions.filing_queue import FilingQueue
from actions.rasa_actions import all_actions
from actions.status import StatusDesk
from bot.privacy import Vault
from cli.classify import Classifier
from connectors.inbound import clean
from intake_client import Case, IntakeClient
from tests.contract.intake_running import API_KEY, DATA_KEY, ThreadedIntake, intake_settings

HERE = Path(__file__).parent
STORIES = yaml.safe_load((HERE / "stories.yml").read_text("utf-8"))
RULES = {
    step["intent"]: rule["steps"][1]["action"]
    for rule in yaml.safe_load(
        (HERE.parents[1] / "data" / "rules" / "rules.yml").read_text("utf-8")
    )["rules"]
    for step in rule["steps"]
    if "intent" in step
}


@pytest.fixture(scope="module")
def classifier(model_dir: Path) -> Classifier:
    return Classifier(model_dir)


@pytest.fixture(scope="module")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedIntake]:
    running = ThreadedIntake(intake_settings(tmp_path_factory.mktemp("intake")))
    yield running
    running.close()


class Talk:
    """One citizen's conversation: slots and the form, as Rasa keeps them."""

    def __init__(self, classifier: Classifier, client: IntakeClient, home: Path) -> None:
        vault = Vault(DATA_KEY)
        queue = FilingQueue(f"sqlite:///{home}/queue.db", vault)
        desk = StatusDesk(client, queue)
        self._vault, self._classifier = vault, classifier
        self._actions = {a.name(): a for a in all_actions(Filer(queue, client, vault), desk)}
        self.openid = f"o{secrets.token_hex(8)}"
        self._slots: dict[str, Any] = {}
        self._form_is_open = False

    def parse(self, text: str) -> dict[str, Any]:
        cleaned = clean(text, self._vault)
        return {**self._classifier.parse(cleaned.text), "metadata": cleaned.metadata()}

    async def say(self, message: dict[str, Any]) -> str:
        action = "report_form" if self._form_is_open else RULES[message["intent"]["name"]]
        dispatcher = CollectingDispatcher()
        while action:
            self._form_is_open = self._form_is_open or action == "report_form"
            name = "validate_report_form" if action == "report_form" else action
            events = await self._actions[name].run(dispatcher, self._tracker(message), {})
            action = ""
            for event in events:
                if event["event"] == "slot":
                    self._slots[event["name"]] = event["value"]
                    if event["name"] == "requested_slot" and event["value"] is None:
                        self._form_is_open = False
                elif event["event"] == "followup":
                    action = event["name"]
        return "\n".join(sent["text"] for sent in dispatcher.messages)

    def _tracker(self, message: dict[str, Any]) -> Tracker:
        heard = [{"event": "user", "input_channel": "wechat"}]
        return Tracker(self.openid, dict(self._slots), message, heard, False, None, {}, None)


async def hold(talk: Talk, messages: list[dict[str, Any]], story: dict[str, Any]) -> None:
    for step, message in zip(story["talk"], messages, strict=True):
        reply = await talk.say(message)
        for words in step.get("expect", []):
            assert words in reply, f"after {step['say']!r} expected {words!r} in:\n{reply}"
        for words in step.get("never", []):
            assert words not in reply, f"after {step['say']!r} found {words!r} in:\n{reply}"


def check(case: Case, wanted: dict[str, Any]) -> None:
    for name, value in wanted.items():
        if name == "contains":
            assert all(words in case.description for words in value), case.description
        else:
            found = getattr(
                case.address if name in ("district", "town", "community") else case, name
            )
            assert found == value, (name, found, value)


@pytest.mark.parametrize("story", STORIES, ids=[story["story"] for story in STORIES])
def test_story(
    story: dict[str, Any], classifier: Classifier, intake: ThreadedIntake, tmp_path: Path
) -> None:
    async def run() -> None:
        async with IntakeClient(intake.url, API_KEY, 5.0) as client:
            talk = Talk(classifier, client, tmp_path)
            await hold(talk, messages[talk_key], story)
            cases = await client.list_cases(f"wechat:{talk.openid}")
            if "filed" in story:
                assert len(cases) == 1
                check(cases[0], story["filed"])
            if "cases" in story:
                assert len(cases) == story["cases"]

    talk_key = "talk"
    reader = Talk(classifier, None, tmp_path)  # type: ignore[arg-type]
    messages = {talk_key: [reader.parse(step["say"]) for step in story["talk"]]}
    asyncio.run(run())
