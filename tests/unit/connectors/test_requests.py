"""Requests to the webhook that WeChat would never send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from simulator.openid import new_openid
from simulator.wechat import WeChatSide
from tests.unit.connectors.door import Door, wechat
from tests.unit.simulator.echo_bot import AES_KEY, APP_ID

XML = (
    "<xml><ToUserName>gh</ToUserName><FromUserName>o1</FromUserName><CreateTime>5</CreateTime>"
    "<MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId></xml>"
)


async def raw(parts: dict[str, Any], headers: str, body: bytes, signed: bool = True) -> bytes:
    """The answer to a request that no HTTP library would send; the connection is left open."""
    side = wechat(parts)
    query = str(httpx.QueryParams(side._signature() if signed else {"signature": "0"}))
    await side.aclose()
    url = httpx.URL(parts["url"])
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST {url.path}?{query} HTTP/1.1\r\nHost: bot\r\n{headers}\r\n\r\n"
    writer.write(head.encode() + body)
    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
    writer.close()
    return answer


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: abc",
        "Content-Length: -5",
        "Content-Length: +5",
        "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: gzip",
    ],
)
async def test_a_length_that_cannot_be_trusted_is_refused_and_stops_nobody(
    parts: dict[str, Any], door: Door, headers: str, signed: bool
) -> None:
    assert b" 400 " in await raw(parts, headers, XML.encode(), signed)
    assert door.seen == []
    side = wechat(parts)
    assert (await side.send_text(new_openid(), "还在吗")).reply_text == "收到：还在吗"
    await side.aclose()


async def test_too_large_is_said_before_the_body_is_sent(parts: dict[str, Any]) -> None:
    assert b" 413 " in await raw(parts, "Content-Length: 99000000", b"")
    assert b" 403 " in await raw(parts, "Content-Length: 99000000", b"", signed=False)


async def test_a_chunked_body_is_read_like_any_other(parts: dict[str, Any], door: Door) -> None:
    chunks = f"{len(XML):x}\r\n{XML}\r\n0\r\n\r\n".encode()
    assert b" 200 " in await raw(parts, "Transfer-Encoding: chunked", chunks)
    assert [message.text for message in door.seen] == ["hi"]


async def test_the_server_check_needs_the_signature_whatever_else_it_has(
    parts: dict[str, Any],
) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        query = {"encrypt_type": "aes", "msg_signature": "x", "echostr": "hello"}
        answer = await client.get(parts["url"], params=query)
    assert answer.status_code == 403 and "hello" not in answer.text


async def test_nothing_unsigned_reaches_the_bot(parts: dict[str, Any], door: Door) -> None:
    stranger = WeChatSide(parts["url"], "other", APP_ID, AES_KEY)
    delivery = await stranger.send_text(new_openid(), "路灯坏了")
    await stranger.aclose()
    assert (delivery.status, door.seen) == (403, [])
    async with httpx.AsyncClient(trust_env=False) as client:
        # A body without a known length, and one with a length that lies.
        async def endless() -> AsyncIterator[bytes]:
            for _ in range(200):
                yield b"x" * 1024

        answer = await client.post(parts["url"], content=endless())
        assert answer.status_code == 403
    assert door.seen == []


async def test_an_oversized_body_is_cut_off_even_without_its_length(
    parts: dict[str, Any], door: Door
) -> None:
    side = wechat(parts)
    params = side._signature()
    await side.aclose()

    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 1024

    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(parts["url"], params=params, content=endless())
    assert (answer.status_code, door.seen) == (413, [])
