"""The rounds of the supervision: every minute, by one of several running services.

What a round does to a case is one transaction that looks at the case again, so that a round may be
killed at any moment, or meet another one, and no card or reminder is given twice.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import os
import socket
import threading
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot.failure import describe
from bot.vocabulary.supervision import Supervision
from intake import watchlist
from intake.cases import Case, HistoryEntry
from intake.database import Database, StoreUnavailable
from intake.leases import Leases
from intake.store import Store
from intake.supervision import supervised

logger = logging.getLogger(__name__)

LEASE = "supervision"
# Longer than a page takes in the worst case, as the lease is renewed with every page.
_LEASE_LASTS = dt.timedelta(minutes=2)
_PAGE = 500
_KINDS = {
    "reminder": "reminders",
    "yellow_card": "yellow_cards",
    "red_card": "red_cards",
    "state": "closed",
}


class AlreadyRunning(Exception):
    """Another round is going on, here or in another service."""


@dataclass
class Round:
    """What a round did. ``failed``: cases that it could not handle; the next round tries again."""

    looked_at: int = 0
    reminders: int = 0
    yellow_cards: int = 0
    red_cards: int = 0
    closed: int = 0
    failed: int = 0


class Scheduler:
    """Rounds over one database."""

    def __init__(
        self,
        database: Database,
        store: Store,
        leases: Leases,
        clock: Callable[[], dt.datetime],
        rules: Supervision,
    ) -> None:
        self._database = database
        self._store = store
        self._leases = leases
        self._clock = clock
        self.rules = rules
        self._stopping = threading.Event()

    def run_once(self) -> Round:
        """One round; blocks.

        Raises:
            AlreadyRunning: somebody else is at it.
            intake.database.StoreUnavailable: the database went away; what was done stays done.
        """
        # A name for each round: two rounds of one process are as much in each other's way.
        holder = f"{socket.gethostname()[:20]}:{os.getpid()}:{uuid.uuid4().hex[:12]}"
        if not self._leases.take(LEASE, holder, _LEASE_LASTS):
            raise AlreadyRunning
        try:
            return self._round(holder)
        finally:
            self._release(holder)

    def stop(self) -> None:
        """End a running round after its present case, and begin no other."""
        self._stopping.set()

    async def watch(self, seconds: float, run: Callable[..., Awaitable[Round]]) -> None:
        """A round now and then one every so many seconds, until cancelled.

        Args:
            run: takes blocking work off the event loop.
        """
        while True:
            try:
                done = await run(self.run_once)
                if done.failed:
                    logger.error("supervision: %s cases could not be handled", done.failed)
            except AlreadyRunning:
                logger.debug("supervision: somebody else is at it")
            except StoreUnavailable:
                logger.warning("supervision: the database is away, trying again")
            except Exception as error:
                logger.error("supervision: a round failed: %s", describe(error))
            await asyncio.sleep(seconds)

    def _round(self, holder: str) -> Round:
        done = Round()
        now = self._clock()
        for page in watchlist.pages(self._database, now, self.rules, _PAGE):
            if not self._leases.renew(LEASE, holder, _LEASE_LASTS):
                logger.warning("supervision: the lease ran out within a round")
                break
            for case in page:
                if self._stopping.is_set():
                    return done
                self._look_at(case, now, done)
        return done

    def _look_at(self, case: Case, now: dt.datetime, done: Round) -> None:
        done.looked_at += 1
        try:
            # Without a lock first: for most cases nothing is due.
            if supervised(case, now, self.rules) is case:
                return
            entries: list[HistoryEntry] = []
            self._store.change(
                case.case_id,
                lambda locked: supervised(locked, now, self.rules),
                also=lambda _, before, after: entries.extend(after.history[len(before.history) :]),
            )
            # Counted when it is committed.
            for entry in entries:
                name = _KINDS[entry.kind]
                setattr(done, name, getattr(done, name) + 1)
        except StoreUnavailable:
            raise
        except Exception as error:
            # One case that cannot be handled must not keep the others from being looked at.
            done.failed += 1
            logger.error("supervision of %s failed: %s", case.case_id, describe(error))

    def _release(self, holder: str) -> None:
        try:
            self._leases.release(LEASE, holder)
        except StoreUnavailable:
            # It runs out by itself, and the reason why the round ended matters more.
            logger.warning("supervision: the lease could not be given back")
