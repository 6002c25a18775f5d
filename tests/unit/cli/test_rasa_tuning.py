"""The repaired Rasa does what Rasa does: same rows, same classes, same results."""

from __future__ import annotations

import asyncio
import gc
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rasa.core.tracker_store
import rasa.shared.utils.common
from aiohttp import web
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.tracker_store import SQLTrackerStore
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core import events
from rasa.shared.core.domain import Domain
from rasa.shared.utils.common import all_subclasses
from rasa.utils.endpoints import EndpointConfig

from cli import rasa_tuning

DOMAIN = Domain.from_dict({"intents": ["greet"], "actions": ["action_x"]})
REPLACED = [
    (RemoteAction, "_validate_action_result"),
    (rasa.shared.utils.common, "all_subclasses"),
    (rasa.core.tracker_store, "create_engine_kwargs"),
    (SQLTrackerStore, "_retrieve"),
    (SQLTrackerStore, "_additional_events"),
    (SQLTrackerStore, "save"),
    (DaskGraphRunner, "run"),
    (Agent, "load_model"),
    (EndpointConfig, "session"),
]


@pytest.fixture
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rasa as it was is back after the test."""
    for owner, name in REPLACED:
        monkeypatch.setattr(owner, name, getattr(owner, name))
    yield


def turn(words: str) -> list[events.Event]:
    parsed = {"intent": {"name": "greet", "confidence": 1.0}, "entities": [], "text": words}
    return [
        events.UserUttered(words, parsed["intent"], [], parsed, message_id="1"),
        events.ActionExecuted("action_x"),
        events.BotUttered("嗨"),
        events.ActionExecuted("action_listen"),
    ]


def session() -> list[events.Event]:
    return [
        events.ActionExecuted("action_session_start"),
        events.SessionStarted(),
        events.ActionExecuted("action_listen"),
    ]


async def kept_rows(store: SQLTrackerStore) -> list[tuple[Any, ...]]:
    """The rows after turns, a new session, a restart, a save of nothing and two of one tracker."""
    for said in (
        [*session(), *turn("一")],
        turn("二"),
        [*session(), *turn("三")],
        [],
        [events.Restarted(), events.ActionExecuted("action_listen")],
        turn("四"),
    ):
        tracker = await store.get_or_create_tracker("citizen", append_action_listen=False)
        tracker.update_with_events(said, DOMAIN)
        await store.save(tracker)
    tracker.update_with_events(turn("五"), DOMAIN)
    await store.save(tracker)
    query = "SELECT sender_id, type_name, intent_name, action_name, data FROM events ORDER BY id"
    with store.engine.connect() as connection:
        rows = [tuple(row) for row in connection.execute(query)]
    return [(*row[:4], json.loads(row[4]) | {"timestamp": None}) for row in rows]


async def test_same_rows_as_rasa(restored: None, tmp_path: Path) -> None:
    plain = await kept_rows(SQLTrackerStore(DOMAIN, db=str(tmp_path / "plain.db")))
    rasa_tuning.apply()
    tuned = await kept_rows(SQLTrackerStore(DOMAIN, db=str(tmp_path / "tuned.db")))
    assert tuned == plain
    assert [row[4]["text"] for row in tuned if row[1] == "user"] == list("一二三四五")


async def test_words_of_a_dead_process_are_kept(restored: None, tmp_path: Path) -> None:
    rasa_tuning.apply()
    rows = await kept_rows(SQLTrackerStore(DOMAIN, db=str(tmp_path / "t.db")))
    # The first store never closed its connection, as after a kill.
    again = SQLTrackerStore(DOMAIN, db=str(tmp_path / "t.db"))
    tracker = await again.retrieve_full_tracker("citizen")
    assert tracker is not None
    assert len(tracker.events) == len(rows)


def test_same_event_classes_as_rasa(restored: None) -> None:
    names = {kind.type_name for kind in all_subclasses(events.Event)}
    known = {name: events.Event.resolve_by_type(name) for name in names}
    rasa_tuning.apply()
    assert known
    for name, kind in known.items():
        assert events.Event.resolve_by_type(name) is kind
    with pytest.raises(ValueError, match="no_such_event"):
        events.Event.resolve_by_type("no_such_event")


@pytest.mark.parametrize(
    "answer",
    [
        {"events": [], "responses": []},
        {"events": [{"event": "slot", "name": "draft", "value": {"a": 1}}], "responses": []},
        {"events": [{"event": "no_such"}], "responses": []},
        {"events": "none", "responses": []},
        {"responses": ["text"]},
        [],
    ],
)
def test_answers_of_actions_are_checked_as_rasa_does(restored: None, answer: Any) -> None:
    action = RemoteAction("action_x", EndpointConfig("http://127.0.0.1:1/webhook"))

    def verdict() -> type[Exception] | bool:
        try:
            return action._validate_action_result(answer)
        except Exception as error:
            return type(error)

    plain = verdict()
    rasa_tuning.apply()
    assert verdict() == plain


class Named:
    """A node that says its name and what it was given."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, *given: Any) -> tuple[str, Any]:
        if self.name == "broken":
            raise RuntimeError("broken")
        return self.name, [self.name, *given]


def runner() -> DaskGraphRunner:
    needs = {
        "first": {"message": "__message__"},
        "second": {"first": "first", "missing": "__tracker__"},
        "third": {"first": "first", "second": "second"},
        "broken": {},
    }
    nodes = {
        name: SchemaNode(wanted, Named, "create", "run", {}, is_target=name == "third")  # type: ignore[arg-type]
        for name, wanted in needs.items()
    }
    made = DaskGraphRunner.__new__(DaskGraphRunner)
    made._graph_schema = GraphSchema(nodes)
    made._instantiated_nodes = {name: Named(name) for name in nodes}
    made._execution_context = None
    return made


@pytest.mark.parametrize("targets", [None, ["third"], ["second", "first"]])
def test_same_results_as_dask(restored: None, targets: list[str] | None) -> None:
    plain = runner().run({"__message__": "hello"}, targets)
    rasa_tuning.apply()
    assert runner().run({"__message__": "hello"}, targets) == plain


def test_a_broken_node_is_a_graph_run_error(restored: None) -> None:
    rasa_tuning.apply()
    with pytest.raises(GraphRunError):
        runner().run({}, ["broken"])


async def test_actions_are_called_over_one_connection(restored: None) -> None:
    peers = []

    async def action(request: web.Request) -> web.Response:
        assert request.transport is not None
        peers.append(request.transport.get_extra_info("peername"))
        return web.json_response({"events": [], "responses": []})

    app = web.Application()
    app.router.add_post("/webhook", action)
    running = web.AppRunner(app)
    await running.setup()
    site = web.TCPSite(running, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{running.addresses[0][1]}/webhook"
    rasa_tuning.apply()
    endpoint = EndpointConfig(url)
    for _ in range(3):
        assert await endpoint.request(json={}) == {"events": [], "responses": []}
    await asyncio.gather(*(endpoint.request(json={}) for _ in range(4)))
    await running.cleanup()
    assert len(set(peers[:3])) == 1
    assert len(peers) == 7


def test_a_loaded_model_is_left_alone_by_the_collector(
    restored: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Agent, "load_model", lambda self, path: setattr(self, "loaded", path))
    rasa_tuning.keep_model_from_collector()
    rasa_tuning.keep_model_from_collector()
    before = gc.get_freeze_count()
    agent = Agent()
    try:
        agent.load_model("model")
        assert agent.loaded == "model" and gc.get_freeze_count() > before
    finally:
        gc.unfreeze()
