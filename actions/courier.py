"""Delivers what the queue holds, and tells citizens what came of it later.

Runs in the action server beside the turns. The citizen is told in the own conversation, through
Rasa's trigger route: https://rasa.com/docs/rasa/pages/http-api#operation/triggerConversationIntent
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from urllib.parse import quote

import httpx

from actions.filing import Filer
from actions.filing_queue import DELIVERED, Filing, FilingQueue

logger = logging.getLogger(__name__)

_ROUND = 1.0  # seconds between two looks at the queue
_TELL_TIMEOUT = 10.0
_MOST_TELLING_ATTEMPTS = 12
# Channels whose citizens can be written to later; elsewhere "我的诉求" shows the case.
_REACHABLE = {"wechat"}


class Courier:
    """Looks at the queue every second, for as long as the action server lives."""

    def __init__(self, queue: FilingQueue, filer: Filer, bot_url: str, bot_token: str) -> None:
        self._queue = queue
        self._filer = filer
        self._http = httpx.AsyncClient(
            base_url=bot_url, params={"token": bot_token}, timeout=_TELL_TIMEOUT, trust_env=False
        )

    async def run(self) -> None:
        """Work until cancelled. A failing round is logged and the next one tries again."""
        while True:
            try:
                await self.make_round()
            except Exception:
                logger.exception("a round of the courier failed")
            await asyncio.sleep(_ROUND)

    async def make_round(self) -> None:
        """Deliver what is due, then tell what has not been told."""
        loop = asyncio.get_running_loop()
        for filing in await loop.run_in_executor(None, self._queue.due):
            await self._filer.deliver(filing, told=False)
        for filing in await loop.run_in_executor(None, self._queue.untold):
            await self._tell(filing)

    async def close(self) -> None:
        await self._http.aclose()

    async def _tell(self, filing: Filing) -> None:
        loop = asyncio.get_running_loop()
        if filing.channel not in _REACHABLE or filing.attempts >= _MOST_TELLING_ATTEMPTS:
            await loop.run_in_executor(None, self._queue.mark_told, filing.key)
            return
        intent = "EXTERNAL_case_filed" if filing.state == DELIVERED else "EXTERNAL_filing_refused"
        try:
            await self._trigger(filing, intent, filing.result or {})
        except httpx.HTTPError as error:
            # Only the kind: the message of an HTTP error quotes the address with the bot's token.
            kind = type(error).__name__
            logger.warning("telling about filing %s waits: %s", filing.receipt, kind)
            await loop.run_in_executor(None, self._queue.postpone, filing)
            return
        await loop.run_in_executor(None, self._queue.mark_told, filing.key)

    async def _trigger(self, filing: Filing, intent: str, entities: dict[str, Any]) -> None:
        answer = await self._http.post(
            f"/conversations/{quote(filing.conversation, safe='')}/trigger_intent",
            params={"output_channel": filing.channel},
            json={"name": intent, "entities": entities},
        )
        answer.raise_for_status()
