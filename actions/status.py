"""Answers about cases: by case ID, by the last four digits of the phone, or all of one's own."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Any

from actions import wording
from actions.filing import citizen_of
from actions.filing_queue import FilingQueue, QueueUnavailable
from actions.report.turn import Reply
from actions.said import Said
from intake_client import (
    BareStatus,
    Case,
    CaseNotFound,
    IntakeClient,
    IntakeError,
    MistypedCaseId,
)

logger = logging.getLogger(__name__)

_MOST_LISTED = 5
_MOST_AT_ONCE = 3


@dataclass
class StatusAnswer:
    """Replies, and the slots they change."""

    replies: list[Reply]
    slots: dict[str, Any] = field(default_factory=dict)


class StatusDesk:
    """Looks cases up for one citizen. What a stranger may not see stays with the platform."""

    def __init__(self, client: IntakeClient, queue: FilingQueue) -> None:
        self._client = client
        self._queue = queue

    async def answer(
        self, said: Said, conversation: str, channel: str, recent: str | None
    ) -> StatusAnswer:
        """A status query in words: with an ID, about the last case, or about all of them."""
        if said.case_ids:
            valid = [value for value, _ in said.case_ids if value]
            mistyped = [
                Reply("case_mistyped", {"typed": typed})
                for value, typed in said.case_ids[:_MOST_AT_ONCE]
                if not value
            ]
            if not valid:
                return StatusAnswer(mistyped)
            digits = said.phone_last4 or (said.phones[0][-4:] if said.phones else None)
            answers = [
                await self._look_up(case_id, conversation, channel, digits)
                for case_id in dict.fromkeys(valid[:_MOST_AT_ONCE])
            ]
            return StatusAnswer(
                [*(reply for answer in answers for reply in answer.replies), *mistyped],
                answers[-1].slots,
            )
        if recent:
            return await self._look_up(recent, conversation, channel, None)
        return await self.list_mine(conversation, channel)

    async def with_last_four(
        self, case_id: str, digits: str, conversation: str, channel: str
    ) -> StatusAnswer:
        """The four digits that were asked for after a bare status."""
        return await self._look_up(case_id, conversation, channel, digits)

    async def list_mine(self, conversation: str, channel: str) -> StatusAnswer:
        """All cases of this citizen, newest first, and what still waits in the queue."""
        loop = asyncio.get_running_loop()
        try:
            waiting = await loop.run_in_executor(None, self._queue.pending_of, conversation)
        except QueueUnavailable:
            logger.exception("the filing queue does not work")
            waiting = []
        try:
            cases = await self._client.list_cases(citizen_of(conversation, channel), _MOST_LISTED)
        except IntakeError:
            cases = None
        lines = [f"· 收件号 {filing.receipt}：已记下，等待提交" for filing in waiting]
        if cases is None:
            replies = [Reply("my_cases", {"cases": "\n".join(lines)})] if lines else []
            return StatusAnswer([*replies, Reply("intake_away")])
        if not cases and not lines:
            return StatusAnswer([Reply("no_cases")])
        if len(cases) == 1 and not lines:
            return StatusAnswer([Reply("case_status", {"status": wording.case_status(cases[0])})])
        lines += [wording.case_line(case) for case in cases]
        return StatusAnswer([Reply("my_cases", {"cases": "\n".join(lines)})])

    async def _look_up(
        self, case_id: str, conversation: str, channel: str, last_four: str | None
    ) -> StatusAnswer:
        try:
            found = await self._client.get_case(
                case_id, citizen=citizen_of(conversation, channel), phone_last4=last_four
            )
        except CaseNotFound:
            return StatusAnswer([Reply("case_not_found", {"case_id": case_id})])
        except MistypedCaseId:
            return StatusAnswer([Reply("case_mistyped", {"typed": case_id})])
        except IntakeError:
            return StatusAnswer([Reply("intake_away")])
        if isinstance(found, Case):
            return StatusAnswer(
                [Reply("case_status", {"status": wording.case_status(found)})],
                {"status_case_id": None},
            )
        return self._bare(found, tried=last_four is not None)

    @staticmethod
    def _bare(found: BareStatus, tried: bool) -> StatusAnswer:
        values = {"case_id": found.case_id, "state": found.public_state}
        if found.locked:
            return StatusAnswer([Reply("case_locked", values)], {"status_case_id": None})
        response = "case_still_bare" if tried else "case_bare_status"
        return StatusAnswer([Reply(response, values)], {"status_case_id": found.case_id})
