"""Repairs of Rasa 3.6.21, without which it spends most of a turn, or of a training, on nothing.

Each keeps what Rasa does and leaves out work that is the same every time. :func:`apply` is for the
bot's process, before Rasa starts; commands that parse or train take the one they need. What each
replaces is named, so that it can be compared and dropped when Rasa changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import functools
import gc
import itertools
import json
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any

import aiohttp
import fastjsonschema
import rasa.core.tracker_store
import rasa.shared.importers.utils
import rasa.shared.utils.common
import sqlalchemy as sa
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.tracker_store import SQLTrackerStore
from rasa.engine.exceptions import GraphRunError
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.events import Event, SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from sqlalchemy.engine.url import make_url
from sqlalchemy.pool import QueuePool

from bot.sqlite import keep_log

# Shorter than the action server keeps an idle connection (Sanic: 5 s), so a dying one is not used.
_IDLE_SECONDS = 2.0
_STORED = "_suqiu_stored_events"


def apply() -> None:
    """Apply all repairs to this process."""
    _check_answers_by_ready_schema()
    _remember_event_classes()
    _keep_sqlite_open()
    _save_only_new_events()
    walk_graph_without_dask()
    keep_model_from_collector()
    _keep_action_connection()


def keep_model_from_collector() -> None:
    """A loaded model is a million objects that stay: Python's collector would look at all of them
    again and again, half a second each time, in the middle of somebody's message."""
    load_model = Agent.load_model
    if hasattr(load_model, "__wrapped__"):
        return

    @functools.wraps(load_model)
    def load_and_freeze(self: Agent, *arguments: Any, **named: Any) -> None:
        load_model(self, *arguments, **named)
        gc.collect()
        gc.freeze()
        _give_back_memory()

    Agent.load_model = load_and_freeze


@contextlib.contextmanager
def examples_read_once() -> Iterator[None]:
    """Rasa's importers read the same files three times in a training; nobody changes what is read,
    as each importer merges it into data of its own."""
    read = rasa.shared.importers.utils.training_data_from_paths
    known: dict[tuple[tuple[str, ...], str], Any] = {}

    def read_once(paths: Iterable[str], language: str) -> Any:
        key = tuple(paths), language
        if key not in known:
            known[key] = read(*key)
        return known[key]

    rasa.shared.importers.utils.training_data_from_paths = read_once
    try:
        yield
    finally:
        rasa.shared.importers.utils.training_data_from_paths = read


def _give_back_memory() -> None:
    """Loading leaves 40 MB that are free and still counted as ours, where glibc is at work."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


def _check_answers_by_ready_schema() -> None:
    """``RemoteAction`` hands its constant schema to ``jsonschema.validate``, which reads and checks
    that schema each time. Here it is compiled once; what it refuses, ``jsonschema`` explains."""
    explain = RemoteAction._validate_action_result
    check = fastjsonschema.compile(RemoteAction.action_response_format_spec())

    def validate_result(self: RemoteAction, result: dict[str, Any]) -> bool:
        try:
            check(result)
        except fastjsonschema.JsonSchemaException:
            return bool(explain(self, result))
        return True

    RemoteAction._validate_action_result = validate_result


def _remember_event_classes() -> None:
    """``Event.resolve_by_type`` walks the tree of all event classes for each event it reads.

    No class is made while the bot runs, except slot types, which Rasa imports by name when it does
    not find them here.
    """
    common = rasa.shared.utils.common
    common.all_subclasses = functools.cache(common.all_subclasses)


def _keep_sqlite_open() -> None:
    """SQLAlchemy 1.4 opens a SQLite file anew for every query, and each commit waits for the disk.

    In WAL mode a commit outlives the death of the process at once, and a power cut from the next
    checkpoint on: at worst the last words of a conversation are said again. Appeals lie in the
    filing queue, which keeps waiting for the disk. https://www.sqlite.org/pragma.html#pragma_synchronous
    """
    rasas_own = rasa.core.tracker_store.create_engine_kwargs

    def tuned(url: Any) -> dict[str, Any]:
        if make_url(url).get_backend_name() != "sqlite":
            return dict(rasas_own(url))
        return {
            **rasas_own(url),
            "poolclass": QueuePool,
            "pool_events": [(_sqlite_pragmas, "connect")],
            "connect_args": {"check_same_thread": False},
        }

    rasa.core.tracker_store.create_engine_kwargs = tuned


def _sqlite_pragmas(connection: Any, record: Any) -> None:
    keep_log(connection, "NORMAL")


def _save_only_new_events() -> None:
    """``SQLTrackerStore.save`` asks the database how many events of the conversation it has.

    That many were just read from it: Rasa holds the conversation's lock from reading to saving.
    A tracker that was not read from the database is counted as before. Events are read and written
    by one ready statement instead of one object each; the rows are the same.
    """
    retrieve = SQLTrackerStore._retrieve
    count_and_slice = SQLTrackerStore._additional_events

    async def retrieve_and_note(
        self: SQLTrackerStore, sender_id: str, fetch_events_from_all_sessions: bool
    ) -> DialogueStateTracker | None:
        if fetch_events_from_all_sessions or not self.domain:
            return await retrieve(self, sender_id, fetch_events_from_all_sessions)
        statement = _events_of_last_session(self.SQLEvent.__table__)
        with self.session_scope() as session:
            rows = session.execute(statement, {"sender_id": sender_id}).scalars().all()
        if not rows:
            return None
        events = [json.loads(data) for data in rows]
        tracker = DialogueStateTracker.from_dict(sender_id, events, self.domain.slots)
        setattr(tracker, _STORED, len(tracker.events))
        return tracker

    def additional_events(
        self: SQLTrackerStore, session: Any, tracker: DialogueStateTracker
    ) -> Iterator[Any]:
        stored = getattr(tracker, _STORED, None)
        if stored is None:
            return count_and_slice(self, session, tracker)  # type: ignore[no-any-return]
        return itertools.islice(tracker.events, stored, None)

    async def save(self: SQLTrackerStore, tracker: DialogueStateTracker) -> None:
        await self.stream_events(tracker)
        with self.session_scope() as session:
            new = self._additional_events(session, tracker)
            rows = [_row(tracker.sender_id, event) for event in new]
            if rows:
                session.execute(self.SQLEvent.__table__.insert(), rows)
            session.commit()
        setattr(tracker, _STORED, len(tracker.events))

    SQLTrackerStore._retrieve = retrieve_and_note
    SQLTrackerStore._additional_events = additional_events
    SQLTrackerStore.save = save


@functools.cache
def _events_of_last_session(table: sa.Table) -> Any:
    """As ``SQLTrackerStore._event_query`` asks, for the parameter ``sender_id``."""
    of_sender = table.c.sender_id == sa.bindparam("sender_id")
    started = (
        sa.select(sa.func.max(table.c.timestamp))
        .where(of_sender, table.c.type_name == SessionStarted.type_name)
        .scalar_subquery()
    )
    return (
        sa.select(table.c.data)
        .where(of_sender, sa.or_(table.c.timestamp >= started, started.is_(None)))
        .order_by(table.c.id)
    )


def _row(sender_id: str, event: Event) -> dict[str, Any]:
    data = event.as_dict()
    return {
        "sender_id": sender_id,
        "type_name": event.type_name,
        "timestamp": data.get("timestamp"),
        "intent_name": data.get("parse_data", {}).get("intent", {}).get("name"),
        "action_name": data.get("name"),
        "data": json.dumps(data),
    }


def walk_graph_without_dask() -> None:
    """dask orders the handful of nodes of a message's graph anew each time, and Rasa prints the
    whole conversation into a debug line that nobody sees. Here each node asks for what it needs."""

    def run(
        self: DaskGraphRunner,
        inputs: dict[str, Any] | None = None,
        targets: list[str] | None = None,
    ) -> dict[str, Any]:
        nodes = self._graph_schema.nodes
        done: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}

        def result(name: str) -> Any:
            if name not in nodes and name not in done:
                return name  # as dask does; the node that needs it says what is missing
            if name not in done:
                needs = [result(needed) for needed in nodes[name].needs.values()]
                done[name] = self._instantiated_nodes[name](*needs)
            return done[name]

        try:
            return dict(result(name) for name in targets or self._graph_schema.target_names)
        except RuntimeError as error:
            raise GraphRunError("Error running runner.") from error

    DaskGraphRunner.run = run


class _Kept:
    """A client session that stays open after its ``async with``."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def __aenter__(self) -> aiohttp.ClientSession:
        return self._session

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        return None


def _keep_action_connection() -> None:
    """``EndpointConfig.request`` makes a client and a connection for every call of an action."""
    make_session = EndpointConfig.session
    kept: dict[tuple[int, int], _Kept] = {}

    def session(self: EndpointConfig) -> _Kept:
        key = (id(self), id(asyncio.get_running_loop()))
        if key not in kept:
            made = make_session(self)
            made.connector._keepalive_timeout = _IDLE_SECONDS
            kept[key] = _Kept(made)
        return kept[key]

    EndpointConfig.session = session
