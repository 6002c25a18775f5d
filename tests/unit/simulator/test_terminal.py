"""The terminal chat and the server process, as a person or script uses them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx

from simulator.terminal import Terminal
from tests.unit.simulator.conftest import World
from tests.unit.simulator.echo_bot import free_port, settings_for

ROOT = Path(__file__).parents[3]


def environment(bot_url: str, port: int) -> dict[str, str]:
    settings = settings_for(bot_url, port)
    return {**os.environ, **settings.as_environment(), "PYTHONPATH": str(ROOT)}


async def python(code: str, env: dict[str, str]) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdin=pipe, stdout=pipe, stderr=pipe, env=env, cwd=ROOT
    )


CHAT = """
import asyncio
from bot.settings import load_settings
from simulator.terminal import chat
asyncio.run(chat(load_settings()))
"""
SERVE = """
from bot.settings import load_settings
from simulator.server import serve
serve(load_settings())
"""


async def test_piped_chat(world: World) -> None:
    port = int(world.url.rsplit(":", 1)[1])
    process = await python(CHAT, environment("http://127.0.0.1:1", port))
    script = "你好\n/新\n\n我要投诉\n/退出\n不会送出\n"
    out, err = await asyncio.wait_for(process.communicate(script.encode()), 20)
    text = out.decode()
    assert (process.returncode, err.decode()) == (0, "")
    assert "诉求通：收到：你好" in text and "诉求通：收到：我要投诉" in text
    assert "秒 · 第 1 次投递" in text and "换了一位市民" in text
    first, second = world.bot.seen
    assert first["openid"] != second["openid"]


async def test_interrupt_ends_cleanly(world: World) -> None:
    port = int(world.url.rsplit(":", 1)[1])
    process = await python(CHAT, environment("http://127.0.0.1:1", port))
    process.stdin.write("你好\n".encode())
    while "收到：你好" not in (await asyncio.wait_for(process.stdout.readline(), 20)).decode():
        pass
    process.send_signal(signal.SIGINT)
    assert await asyncio.wait_for(process.wait(), 5) == 0
    assert await process.stderr.read() == b""


async def test_without_simulator() -> None:
    process = await python(CHAT, environment("http://127.0.0.1:1", free_port()))
    out, err = await asyncio.wait_for(process.communicate(b""), 20)
    assert process.returncode == 1
    assert "微信模拟器没有运行" in err.decode() and "Traceback" not in err.decode()


async def test_customer_messages_appear_by_themselves(world: World) -> None:
    said: list[str] = []
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    async def source():
        while (line := await lines.get()) is not None:
            yield line

    async def until(words: str) -> None:
        while not any(words in line for line in said):
            await asyncio.sleep(0.02)

    terminal = Terminal(world.http, said.append, waits=False, dim=True)
    running = asyncio.ensure_future(terminal.run(source()))
    await asyncio.wait_for(until("直接输入"), 5)
    await asyncio.sleep(0.1)
    lines.put_nowait("/新")
    lines.put_nowait("success")
    while not world.bot.seen:
        await asyncio.sleep(0.02)
    await world.push(await world.token(), world.bot.seen[0]["openid"], "办好了")
    await asyncio.wait_for(until("诉求通：办好了"), 5)
    await asyncio.wait_for(until("客服消息"), 5)
    lines.put_nowait(None)
    await asyncio.wait_for(running, 5)
    assert said.count("诉求通：办好了") == 1


async def test_server_process_stops_on_sigterm_while_a_phone_waits() -> None:
    port = free_port()
    process = await python(SERVE, environment("http://127.0.0.1:1", port))
    try:
        base = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=base, trust_env=False, timeout=40) as http:
            for _ in range(200):
                try:
                    assert (await http.get("/healthz")).status_code == 200
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
            openid = (await http.post("/api/phones", json={})).json()["openid"]
            waiting = asyncio.ensure_future(http.get(f"/api/phones/{openid}/messages"))
            await asyncio.sleep(0.2)
            process.send_signal(signal.SIGTERM)
            assert (await asyncio.wait_for(waiting, 3)).json()["messages"] == []
            assert await asyncio.wait_for(process.wait(), 6) == 0
        assert b"Traceback" not in await process.stderr.read()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_taken_port_is_an_error(world: World) -> None:
    port = int(world.url.rsplit(":", 1)[1])
    process = await python(SERVE, environment("http://127.0.0.1:1", port))
    _, err = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode != 0
    assert "Address already in use" in err.decode()
