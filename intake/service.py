"""What the service does with an appeal, apart from HTTP: file it, look it up, list it."""

from __future__ import annotations

import asyncio
import datetime as dt
import hmac
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy.engine import Connection

from bot.settings import Settings
from bot.vocabulary.supervision import supervision_rules
from intake.accounts import Accounts
from intake.attachments import Attachments
from intake.cases import Case, NewCase
from intake.casework import CaseWork
from intake.database import Database
from intake.deadlines import SHANGHAI
from intake.dispatch.candidates import SimilarCases
from intake.dispatch.corrections import Corrections, record_correction
from intake.dispatch.dispatcher import Dispatcher
from intake.dispatch.families import Families
from intake.dispatch.grids import load_grids
from intake.dispatch.joining import Joining
from intake.dispatch.rule_sets import RuleSets
from intake.filing import maker
from intake.guesses import GuessCount
from intake.leases import Leases
from intake.outbox import Outbox
from intake.personal import PersonalData
from intake.retention import Retention
from intake.roles import MACHINE, Actor
from intake.scheduler import Scheduler
from intake.sources import Alarms
from intake.store import CaseQuery, Store

Result = TypeVar("Result")

# The key of the settings, the bot's. Idempotency keys of other callers do not mix with its own.
API_KEY_NAME = "suqiu"
WRONG_GUESSES_BY_ASKER = 5
WRONG_GUESSES_BY_ANYONE = 20
_DATABASE_THREADS = 8


@dataclass(frozen=True)
class LookUp:
    """The answer to somebody who asks for a case by its ID.

    ``authorized`` decides whether more than the bare status may be shown. ``locked`` says that no
    further digits are tried today.
    """

    case: Case
    authorized: bool
    locked: bool


class IntakeService:
    """Filing and looking up. Methods block, except :meth:`run`, which takes them off the loop."""

    def __init__(self, settings: Settings, clock: Callable[[], dt.datetime] | None = None) -> None:
        self.database = Database(settings.database_url)
        self.store = Store(self.database)
        self.accounts = Accounts(self.database)
        self.outbox = Outbox(self.database)
        self.attachments = Attachments(self.database)
        self.personal = PersonalData(settings.data_key)
        self.retention = Retention(self.database, self.personal)
        self._api_key = settings.api_key.encode()
        self._clock = clock or (lambda: dt.datetime.now(dt.timezone.utc))
        self.work = CaseWork(self.store, self.personal, self.now)
        self.work.after_dispatch(record_correction)
        self.dispatcher = Dispatcher(RuleSets(self.database), load_grids(settings.grid_file))
        self.alarms = Alarms(
            self.database,
            self.personal,
            self.dispatcher.decide,
            dt.timedelta(minutes=settings.alarm_quiet_minutes),
        )
        self.families = Families(self.store, self.personal)
        self.joining = Joining(self.database, self.personal)
        self.corrections = Corrections(self.database)
        self.similar_cases = SimilarCases(self.database)
        self.scheduler = Scheduler(
            self.database, self.store, Leases(self.database), self.now, supervision_rules()
        )
        self._threads = ThreadPoolExecutor(_DATABASE_THREADS, thread_name_prefix="intake-db")

    async def run(self, work: Callable[..., Result], *args: object) -> Result:
        """Run blocking ``work`` in the thread pool. Started work ends even if the caller leaves."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)

    def close(self) -> None:
        """Wait for running database work, then let go of the connections."""
        self._threads.shutdown(wait=True)
        self.database.close()

    def now(self) -> dt.datetime:
        return self._clock()

    def key_name(self, api_key: str | None) -> str | None:
        """The name of a valid API key, else None. Compares in constant time."""
        given = (api_key or "").encode("utf-8", "surrogatepass")
        return API_KEY_NAME if hmac.compare_digest(given, self._api_key) else None

    def file(
        self,
        new: NewCase,
        key_name: str,
        idempotency_key: str | None,
        by: Actor = MACHINE,
        undecided: bool = False,
    ) -> tuple[Case, bool]:
        """File an appeal once, dispatched by the rules; the case, and whether it is new.

        Args:
            undecided: who filed it does not know the department: where no rule does either, a
                person of the centre decides.

        Raises:
            intake.steps.StepRefused: it cannot be a child of the case that it names.
        """
        hidden = self.personal.hide(self.families.with_parents_citizen(new, by))
        now = self.now()
        dispatch = self.dispatcher.decide(hidden, now)
        if undecided and dispatch.rule is None:
            dispatch = replace(dispatch, by_person=True)
        source = None if by.is_person_inside else key_name

        make = maker(self.personal, hidden, dispatch, source, now)

        def also(connection: Connection, case: Case) -> None:
            self.families.adopt(connection, case, by, now)

        return self.store.file(make, key_name, idempotency_key, also)

    def look_up(self, case_id: str, citizen: str | None, last4: str | None) -> LookUp | None:
        """A case for somebody who says who he is or gives the last four digits of the phone.

        Args:
            case_id: a canonical ID.
            citizen: as in the filing, for example ``wechat:<openid>``.
            last4: four ASCII digits.

        Returns:
            None when there is no such case.
        """
        case = self.store.get(case_id)
        if case is None:
            return None
        if _same(citizen, case.citizen):
            return LookUp(case, authorized=True, locked=False)
        if last4 is None:
            return LookUp(case, authorized=False, locked=False)
        right, locked = self.store.guess(
            case_id,
            citizen or "",
            self.now().astimezone(SHANGHAI).date(),
            lambda stored: self.personal.is_last4(case_id, last4, stored),
            is_locked,
        )
        return LookUp(case, authorized=right, locked=locked)

    def list_of(self, citizen: str, limit: int, offset: int) -> tuple[list[Case], int]:
        """A page of a citizen's cases, newest first, and how many there are in all."""
        query = CaseQuery(citizen=citizen)
        return self.store.search(query, limit, offset), self.store.count(query)


def is_locked(count: GuessCount) -> bool:
    """Whether so many wrong guesses in a day forbid more.

    10,000 possible digits and 20 tries a day leave a stranger one chance in 500 a day.
    """
    return count.by_asker >= WRONG_GUESSES_BY_ASKER or count.by_anyone >= WRONG_GUESSES_BY_ANYONE


def _same(given: str | None, kept: str | None) -> bool:
    if not given or not kept:
        return False
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), kept.encode("utf-8", "surrogatepass")
    )
