"""Filing a draft: written to the queue first, sent at once if the platform answers."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from actions.filing_queue import (
    DELIVERED,
    REFUSED,
    Filing,
    FilingQueue,
    QueueUnavailable,
)
from actions.report.draft import ANONYMOUS, LEVELS, Draft
from bot.privacy import Redaction, SealBroken, Vault
from intake_client import (
    Address,
    Case,
    IntakeClient,
    IntakeError,
    IntakeRejected,
    IntakeUnavailable,
    NewCase,
)

logger = logging.getLogger(__name__)

# A department this likely beside the lead assists in a cross case.
_ASSISTING = 0.2


@dataclass(frozen=True)
class Filed:
    """The platform has the appeal: it is a case now."""

    case: Case


@dataclass(frozen=True)
class Noted:
    """The platform does not answer: the appeal is in the queue under a receipt number."""

    receipt: str


@dataclass(frozen=True)
class Refused:
    """The platform will not take it; ``reason`` is for the citizen."""

    reason: str


@dataclass(frozen=True)
class NotTaken:
    """Neither the platform nor the queue works: nothing was kept, and the citizen must know."""


class Filer:
    """Files drafts, each exactly once however often it is asked to. :meth:`close` it at the end."""

    def __init__(self, queue: FilingQueue, client: IntakeClient, vault: Vault) -> None:
        self._settling: set[asyncio.Task[None]] = set()
        self._queue = queue
        self._client = client
        self._vault = vault

    async def file(
        self, draft: Draft, conversation: str, channel: str
    ) -> Filed | Noted | Refused | NotTaken:
        """File the draft of a conversation. The citizen hears the result in this very turn."""
        payload = self._payload(draft, conversation, channel)
        filing = Filing(draft.draft_id, conversation, channel, payload)
        loop = asyncio.get_running_loop()
        try:
            filing = await loop.run_in_executor(None, self._queue.put, filing)
            return await self.deliver(filing, told=True)
        except QueueUnavailable:
            logger.exception("the filing queue does not work")
        try:
            # Without the queue the platform itself is the only safe place left.
            return Filed(await self._client.file_case(new_case(payload), filing.key))
        except IntakeError:
            return NotTaken()

    async def receipt_of(self, draft: Draft) -> str | None:
        """The receipt number of a draft that is in the queue already, or None.

        It can be there though the citizen saw no answer: the turn that filed it broke off.
        """
        loop = asyncio.get_running_loop()
        try:
            filing = await loop.run_in_executor(None, self._queue.get, draft.draft_id)
        except QueueUnavailable:
            logger.exception("the filing queue does not work")
            return None
        return filing.receipt if filing else None

    async def deliver(self, filing: Filing, *, told: bool) -> Filed | Noted | Refused:
        """Send a queued filing and keep what comes of it.

        ``told``: the citizen hears it in this very turn, and need not wait until it is noted. Were
        it never noted, the courier would find the same case and tell its number once more.
        """
        loop = asyncio.get_running_loop()
        try:
            case = await self._client.file_case(new_case(filing.payload), filing.key)
        except IntakeUnavailable as error:
            logger.warning("filing %s waits: %s", filing.receipt, error)
            await loop.run_in_executor(None, self._queue.postpone, filing, error.retry_after)
            return Noted(filing.receipt)
        except IntakeRejected as error:
            logger.error("filing %s was refused: %s", filing.receipt, error.code)
            await self._settle(filing.key, REFUSED, {"reason": error.message}, told)
            return Refused(error.message)
        await self._settle(filing.key, DELIVERED, _result(case), told)
        return Filed(case)

    async def _settle(self, key: str, state: str, result: dict[str, Any], told: bool) -> None:
        noting = asyncio.create_task(self._note(key, state, result, told))
        if not told:
            await noting
            return
        self._settling.add(noting)
        noting.add_done_callback(self._noted)

    async def _note(self, key: str, state: str, result: dict[str, Any], told: bool) -> None:
        await asyncio.get_running_loop().run_in_executor(
            None, lambda: self._queue.settle(key, state, result, told=told)
        )

    def _noted(self, task: asyncio.Task[None]) -> None:
        self._settling.discard(task)
        if not task.cancelled() and task.exception():
            logger.error("a filed appeal could not be noted: %s", type(task.exception()).__name__)

    async def close(self) -> None:
        """Wait until everything that citizens were told is noted."""
        await asyncio.gather(*self._settling, return_exceptions=True)

    def _payload(self, draft: Draft, conversation: str, channel: str) -> dict[str, Any]:
        redactions = self._redactions(draft.sealed)
        return {
            "description": draft.description,
            "department": draft.department,
            "appeal_type": draft.appeal_type or "complaint",
            "urgent": draft.urgent,
            "handling_mode": _handling_mode(draft),
            "address": {level: draft.address.get(level) for level in LEVELS},
            "channel": channel,
            "citizen": citizen_of(conversation, channel),
            "contact_phone": _clear_phone(draft.contact_phone, redactions),
            "redactions": [[item.masked, item.clear] for item in redactions],
            "occurred": draft.occurred,
            "co_departments": _assisting(draft),
        }

    def _redactions(self, tokens: list[str]) -> list[Redaction]:
        found: list[Redaction] = []
        for token in tokens:
            try:
                found.extend(self._vault.open_redactions(token))
            except SealBroken:
                # The masked form still stands in the text; losing the appeal would be worse.
                logger.error("sealed personal data of a draft cannot be opened")
        return found


def citizen_of(conversation: str, channel: str) -> str:
    """Who the platform knows the citizen as: ``wechat:<openid>``."""
    prefix = f"{channel}:"
    return conversation if conversation.startswith(prefix) else prefix + conversation


def new_case(payload: dict[str, Any]) -> NewCase:
    """The client's form of a queued payload."""
    redactions = tuple((masked, clear) for masked, clear in payload["redactions"])
    return NewCase(
        **{
            **payload,
            "address": Address(**payload["address"]),
            "redactions": redactions,
            "co_departments": tuple(payload["co_departments"]),
        }
    )


def _clear_phone(masked: str | None, redactions: list[Redaction]) -> str | None:
    if masked in (None, ANONYMOUS):
        return None
    return next((item.clear for item in reversed(redactions) if item.masked == masked), None)


def _handling_mode(draft: Draft) -> str | None:
    return "urgent" if draft.urgent else draft.handling_mode


def _assisting(draft: Draft) -> list[str]:
    if draft.handling_mode != "cross":
        return []
    return [
        code for code, chance in draft.ranking if chance >= _ASSISTING and code != draft.department
    ][:2]


def _result(case: Case) -> dict[str, Any]:
    return {
        "case_id": case.case_id,
        "department": case.department_short,
        "due": case.due_at.isoformat() if case.due_at else None,
    }
