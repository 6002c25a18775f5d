"""Chat in the terminal: a client of the running simulator's HTTP API."""

from __future__ import annotations

import asyncio
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import httpx

from bot.settings import Settings
from simulator.lines import piped_lines, typed_lines

NEW_CITIZEN, QUIT = "/新", "/退出"
HELP = f"直接输入要说的话，回车发送。{NEW_CITIZEN} 换一位市民，{QUIT} 结束。"
# How long a script waits for an answer that does not come as a passive reply.
LATE_ANSWER = 10.0
_CONNECT_TIMEOUT = 5.0
_POLL_TIMEOUT = 40.0
_RETRY_AFTER = 2.0


class SimulatorDown(Exception):
    """The simulator does not answer; the message says so, in Chinese."""


class Refused(Exception):
    """The simulator refused a request; the message says why, in Chinese."""


async def chat(settings: Settings) -> None:
    """Talk until ``/退出``, the end of the input or Ctrl-C. Needs the running simulator.

    Raises:
        SystemExit: with a message, when it is not running or has been stopped meanwhile.
    """
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    host = "127.0.0.1" if settings.host in ("", "0.0.0.0", "::") else settings.host
    client = httpx.AsyncClient(
        base_url=f"http://{host}:{settings.simulator_port}",
        trust_env=False,
        timeout=httpx.Timeout(_POLL_TIMEOUT, connect=_CONNECT_TIMEOUT),
    )
    async with client:
        terminal = Terminal(client, print, waits=not interactive, dim=interactive)
        talk = asyncio.ensure_future(terminal.run(typed_lines() if interactive else piped_lines()))
        # Ctrl-C is an ordinary end here, not an error.
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):
            loop.add_signal_handler(signal.SIGINT, talk.cancel)
        try:
            await talk
        except SimulatorDown as error:
            sys.exit(str(error))
        except asyncio.CancelledError:
            if not talk.cancelled():
                talk.cancel()
                raise
        finally:
            with suppress(NotImplementedError):
                loop.remove_signal_handler(signal.SIGINT)


class Terminal:
    """One conversation over ``client``, written line by line with ``write``.

    ``waits``: for a late answer before the next line is read, so that a script sees it;
    ``dim``: write what is not said by anybody in grey.
    """

    def __init__(
        self, client: httpx.AsyncClient, write: Callable[[str], Any], *, waits: bool, dim: bool
    ) -> None:
        self._client = client
        self._write = write
        self._waits = waits
        self._dim = dim
        self._openid = ""
        self._last = 0
        self._heard = asyncio.Event()

    async def run(self, lines: AsyncIterator[str]) -> None:
        """Say every line of ``lines`` and write every answer."""
        await self._open(None)
        self._note(HELP)
        listening = asyncio.ensure_future(self._listen())
        try:
            async for line in lines:
                text = line.strip()
                if text == QUIT:
                    break
                if text == NEW_CITIZEN:
                    await self._open(None)
                    # The call under way still waits for the former citizen's messages.
                    listening.cancel()
                    listening = asyncio.ensure_future(self._listen())
                    self._note("换了一位市民")
                elif text:
                    await self._say(text)
        finally:
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    async def _open(self, openid: str | None) -> None:
        answer = await self._call("POST", "/api/phones", json={"openid": openid} if openid else {})
        self._openid, self._last = answer["openid"], 0

    async def _say(self, text: str) -> None:
        self._heard.clear()
        openid, body = self._openid, {"text": text, "ref": secrets.token_hex(4)}
        try:
            answer = await self._call("POST", f"/api/phones/{openid}/messages", json=body)
        except Refused as error:
            self._note(str(error))
            return
        self._show(openid, answer["messages"])
        if self._waits and not self._heard.is_set():
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._heard.wait(), LATE_ANSWER)

    async def _listen(self) -> None:
        """Write what the account sends by itself."""
        while True:
            openid = self._openid
            try:
                news = await self._call(
                    "GET", f"/api/phones/{openid}/messages", params={"after": self._last}
                )
            except Refused:
                # The simulator was restarted: the bot still knows this citizen.
                await self._open(openid)
                continue
            except SimulatorDown:
                await asyncio.sleep(_RETRY_AFTER)
                continue
            self._show(openid, news["messages"])

    def _show(self, openid: str, messages: list[dict[str, Any]]) -> None:
        if openid != self._openid:
            return
        for message in messages:
            # The same message comes with the answer to ours and by listening.
            if message["number"] <= self._last:
                continue
            self._last = message["number"]
            if message["side"] == "citizen":
                if not self._dim:
                    self._write(f"我：{message['text']}")
                continue
            self._heard.set()
            name = "诉求通：" if message["side"] == "account" else ""
            self._write(name + message["text"])
            if message["detail"]:
                self._note(message["detail"])
            self._note(_took(message))

    def _note(self, text: str) -> None:
        if text:
            self._write(f"\x1b[2m{text}\x1b[0m" if self._dim else f"（{text}）")

    async def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        try:
            answer = await self._client.request(method, path, **request)
            data = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            address = self._client.base_url
            raise SimulatorDown(
                f"微信模拟器没有运行（{address}）。请先在另一个窗口启动：make run"
            ) from error
        if answer.is_error:
            raise Refused(data["error"]["message"])
        return data


def _took(message: dict[str, Any]) -> str:
    parts = []
    if message["seconds"] is not None:
        parts.append(f"{message['seconds']:.2f} 秒")
    if message["attempts"]:
        parts.append(f"第 {message['attempts']} 次投递")
    if message["how"] == "customer_service":
        parts.append("客服消息")
    if message["how"] == "template":
        parts.append("模板消息")
    return " · ".join(parts)
