"""Sends what the outbox holds, in the background of the intake service.

Each instance of the service has one; the outbox keeps them apart. For a notice the channels are
tried in order until one takes it. Where nobody knows whether a message arrived, no other channel is
tried at first: the same one drops the repetition, while another would tell the citizen twice.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from bot.failure import describe
from bot.privacy import SealBroken
from bot.settings import Settings, SettingsError
from intake.channels.channel import Channel, Message, NotDelivered
from intake.channels.conversation import Conversation
from intake.channels.sms import Sms
from intake.channels.template import Template, read_fields, read_pairs
from intake.channels.webhook import Webhook
from intake.database import StoreUnavailable
from intake.notice_texts import compose
from intake.notices import KeptNotice, is_office
from intake.outbox import LEASE, Outbox, Recipient
from intake.personal import PersonalData

logger = logging.getLogger(__name__)

OFF = "off"
_ROUND = 2.0  # seconds between two looks at the outbox
_BATCH = 20
_AT_ONCE = 5
# All channels together for one notice; well below the lease, so that a claim outlives its sending.
_SEND_SECONDS = 60.0
_GRACE_SECONDS = 4.0
# From this attempt on being told twice is better than not being told at all.
_RATHER_TWICE = 3
_MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")

Run = Callable[..., Awaitable[Any]]


def channels_of(settings: Settings) -> tuple[Channel, ...]:
    """The channels that the settings name, in the order in which they are tried.

    Raises:
        SettingsError: a setting of a channel cannot be used.
    """
    found: list[Channel] = [Conversation(settings.bot_url, settings.bot_token)]
    if settings.wechat_templates != OFF:
        found.append(
            Template(
                settings.wechat_app_id,
                settings.wechat_app_secret,
                settings.wechat_api_base,
                read_pairs("WECHAT_TEMPLATES", settings.wechat_templates),
                read_fields("WECHAT_TEMPLATE_FIELDS", settings.wechat_template_fields),
            )
        )
    if settings.sms_url != OFF:
        found.append(Sms(settings.sms_url, settings.sms_key))
    if settings.webhook_url != OFF:
        if settings.webhook_secret == OFF:
            raise SettingsError("缺少设置 SUQIU_WEBHOOK_SECRET（推送地址的签名密钥）")
        found.append(Webhook(settings.webhook_url, settings.webhook_secret))
    return tuple(found)


class Notifier:
    """Claims due notices every two seconds and sends them.

    Args:
        run: runs blocking work off the event loop, as :meth:`IntakeService.run` does.
        clock: aware time.
    """

    def __init__(
        self,
        outbox: Outbox,
        personal: PersonalData,
        channels: Sequence[Channel],
        run: Run,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._outbox = outbox
        self._personal = personal
        self._channels = channels
        self._tells_offices = any(channel.for_offices for channel in channels)
        self._run = run
        self._now = clock
        self._at_once = asyncio.Semaphore(_AT_ONCE)
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look at the outbox, on the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._work())

    async def stop(self) -> None:
        """End after what is being sent; what takes too long is left to its lease."""
        self._stopping.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=_GRACE_SECONDS)
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        for channel in self._channels:
            await channel.close()

    async def make_round(self) -> int:
        """Send what is due now, at most a batch; how many notices were claimed."""
        if not self._tells_offices:
            await self._run(self._outbox.show_to_offices, self._now())
        claimed = await self._run(self._outbox.claim, self._now(), _BATCH)
        until = time.monotonic() + LEASE.total_seconds() - _SEND_SECONDS
        # One after the other for each recipient, so that news come in order.
        queues: dict[str, list[KeptNotice]] = {}
        for notice in claimed:
            queues.setdefault(notice.recipient, []).append(notice)
        work = (self._send_all(queue, until) for queue in queues.values())
        for failure in await asyncio.gather(*work, return_exceptions=True):
            if failure is not None:
                raise failure
        return len(claimed)

    async def _work(self) -> None:
        while not self._stopping.is_set():
            claimed = 0
            try:
                claimed = await self.make_round()
            except StoreUnavailable as error:
                logger.warning("the notifier waits: %s", error)
            except Exception as error:
                # The notices it had claimed come again when their lease ends.
                logger.error("a round of the notifier failed: %s", describe(error))
            if not claimed:
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), _ROUND)

    async def _send_all(self, notices: Sequence[KeptNotice], until: float) -> None:
        for notice in notices:
            async with self._at_once:
                if self._stopping.is_set() or time.monotonic() > until:
                    await self._run(self._outbox.put_back, notice, self._now())
                else:
                    await self._send(notice)

    async def _send(self, notice: KeptNotice) -> None:
        """Send one claimed notice and say what came of it."""
        try:
            message = self._message(notice, await self._run(self._outbox.recipient, notice))
            channels = [channel for channel in self._channels if channel.reaches(message)]
            if not channels:
                state = "shown" if is_office(notice.recipient) else "unreachable"
                await self._run(self._outbox.ended, notice, state, None, self._now())
                return
            channel = await asyncio.wait_for(
                self._deliver(message, channels, notice.attempts), _SEND_SECONDS
            )
        except NotDelivered as error:
            await self._failed(notice, str(error))
        except asyncio.TimeoutError:
            await self._failed(notice, "发送超时，不知道是否送达")
        except StoreUnavailable:
            raise
        except Exception as error:
            # One bad notice must not keep the others; it is seen in the list and in the log.
            logger.error("notice %s cannot be sent: %s", notice.notice_id, describe(error))
            await self._failed(notice, f"程序出错（{type(error).__name__}）")
        else:
            await self._run(self._outbox.sent, notice, channel, self._now())

    async def _deliver(self, message: Message, channels: Sequence[Channel], attempt: int) -> str:
        """Try the channels in order; the name of the one that took the message.

        Raises:
            NotDelivered: none did, or it is not known whether one did.
        """
        reasons = []
        for channel in channels:
            try:
                await channel.send(message)
                return channel.name
            except NotDelivered as error:
                reasons.append(str(error))
                if not error.certain and attempt < _RATHER_TWICE:
                    break
        raise NotDelivered("；".join(reasons))

    async def _failed(self, notice: KeptNotice, reason: str) -> None:
        logger.warning(
            "notice %s was not delivered, attempt %s: %s",
            notice.notice_id,
            notice.attempts,
            reason,
        )
        await self._run(self._outbox.failed, notice, reason, self._now())

    def _message(self, notice: KeptNotice, recipient: Recipient) -> Message:
        words = compose(
            notice.recipient, notice.kind, notice.case_id, notice.content, recipient.matter
        )
        return Message(
            key=notice.key,
            case_id=notice.case_id,
            recipient=notice.recipient,
            kind=notice.kind,
            name=words.name,
            text=words.text,
            sms=words.sms,
            content=notice.content,
            phone=self._phone(recipient.contact_sealed, notice.notice_id),
        )

    def _phone(self, sealed: str | None, notice_id: int) -> str | None:
        """The mobile number that can get an SMS, if the citizen left one."""
        if sealed is None:
            return None
        try:
            phone = self._personal.open_contact(sealed).phone
        except SealBroken:
            logger.error("the contact for notice %s cannot be opened with the key", notice_id)
            return None
        found = _MOBILE.fullmatch(re.sub(r"[\s()\-]", "", phone or ""))
        return found.group(1) if found else None
