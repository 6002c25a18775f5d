"""How a new appeal becomes a case: under a fresh ID, dispatched, its personal data sealed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from bot.case_id import new_case_id
from intake.cases import Case, NewCase
from intake.deadlines import SHANGHAI
from intake.personal import PersonalData, Sealed
from intake.steps import Dispatch, filed


def maker(
    personal: PersonalData,
    hidden: NewCase,
    dispatch: Dispatch,
    source: str | None,
    now: dt.datetime,
) -> Callable[[], tuple[Case, Sealed]]:
    """What :func:`intake.store.file_on` wants: another ID at each call.

    Args:
        hidden: the appeal after :meth:`PersonalData.hide`.
        source: the key of the system that files it; None for a person inside.
    """

    def make() -> tuple[Case, Sealed]:
        case_id = new_case_id(now.astimezone(SHANGHAI).date())
        return filed(hidden, case_id, now, dispatch, source), personal.seal(hidden, case_id)

    return make
