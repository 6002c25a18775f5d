"""All Rasa actions, wired. Each reads the tracker, asks a desk, and hands replies and slots back.

They get what they need from :mod:`actions.server`; none of them is built at import.
"""

from __future__ import annotations

from rasa_sdk import Action

from actions.filing import Filer
from actions.rasa_form import ValidateReportForm
from actions.rasa_news import TellCaseFiled, TellCaseNews, TellFilingRefused
from actions.rasa_small_talk import SmallTalk
from actions.rasa_status import AnswerOutsideForm, ListMyCases, QueryStatus
from actions.status import StatusDesk


def all_actions(filer: Filer, status: StatusDesk) -> list[Action]:
    """Every action of the domain, wired."""
    return [
        ValidateReportForm(filer, status),
        SmallTalk(),
        QueryStatus(status),
        ListMyCases(status),
        AnswerOutsideForm(status),
        TellCaseFiled(),
        TellFilingRefused(),
        TellCaseNews(),
    ]
