"""The chat page in a real browser, against the simulator and a small echo bot."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest
import pytest_asyncio

from simulator.app import create_app
from tests.e2e.browser import CHROMIUM, needs_chromium
from tests.unit.simulator.echo_bot import (
    APP_ID,
    APP_SECRET,
    EchoBot,
    free_port,
    running,
    settings_for,
)

playwright_api = pytest.importorskip("playwright.async_api", reason="未安装 playwright")
expect = playwright_api.expect

pytestmark = needs_chromium

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}


class Visit:
    """A browser page on a running simulator. ``problems`` collects script errors."""

    def __init__(self, page, url: str, bot: EchoBot) -> None:
        self.page, self.url, self.bot = page, url, bot
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    async def open(self) -> None:
        await self.page.goto(self.url)
        await expect(self.page.locator("#openid")).to_have_text(re.compile(r"^o[\w-]{27}$"))

    async def say(self, text: str) -> None:
        await self.page.get_by_label("输入要发送的内容").fill(text)
        await self.page.keyboard.press("Enter")

    def answer(self, text: str):
        return self.page.locator(".message.account .text", has_text=text)

    async def openid(self) -> str:
        return await self.page.locator("#openid").inner_text()

    async def api(self, path: str, body: dict) -> dict:
        """Call WeChat's API as the bot does."""
        credentials = {"grant_type": "client_credential", "appid": APP_ID, "secret": APP_SECRET}
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as http:
            token = (await http.get("/cgi-bin/token", params=credentials)).json()["access_token"]
            params = {"access_token": token}
            return (await http.post(f"/cgi-bin/{path}", params=params, json=body)).json()


@pytest_asyncio.fixture
async def browser() -> AsyncIterator:
    async with playwright_api.async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def visit(browser) -> AsyncIterator[Visit]:
    bot = EchoBot()
    async with (
        running(bot.app()) as bot_url,
        running(create_app(settings_for(bot_url))) as url,
    ):
        page = await browser.new_page(viewport=DESKTOP)
        visit = Visit(page, url, bot)
        yield visit
        await page.close()
        assert visit.problems == []


async def test_example_is_sent_and_answered_with_its_time(visit: Visit) -> None:
    await visit.open()
    await expect(visit.page.locator("#bot")).to_have_text("已连接")
    await visit.page.get_by_role("button", name="桂城平东").click()
    await expect(visit.answer("收到：桂城平东夜晚好多大货车，嘈到瞓唔着")).to_be_visible()
    took = visit.page.locator(".message.account .took")
    await expect(took).to_have_text(re.compile(r"^\d+\.\d\d 秒 · 第 1 次投递$"))
    await expect(visit.page.locator("#welcome")).to_be_hidden()
    await expect(visit.page.locator(".stamp")).to_have_count(1)


async def test_enter_sends_and_shift_enter_breaks_the_line(visit: Visit) -> None:
    await visit.open()
    field = visit.page.get_by_label("输入要发送的内容")
    await expect(visit.page.get_by_role("button", name="发送")).to_be_disabled()
    await field.press_sequentially("第一行")
    await field.press("Shift+Enter")
    await field.press_sequentially("第二行")
    await field.press("Enter")
    await expect(visit.answer("收到：第一行\n第二行")).to_be_visible()
    assert await visit.answer("收到").inner_text() == "收到：第一行\n第二行"
    await expect(field).to_have_value("")
    await expect(field).to_be_focused()


async def test_enter_while_composing_does_not_send(visit: Visit) -> None:
    await visit.open()
    field = visit.page.get_by_label("输入要发送的内容")
    await field.fill("nihao")
    await field.evaluate(
        "f => f.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true}))"
    )
    await expect(field).to_have_value("nihao")
    assert visit.bot.seen == []


async def test_text_is_never_markup(visit: Visit) -> None:
    await visit.open()
    await visit.say("<img src=x onerror=alert(1)><b>粗</b> ]]> &amp;")
    await expect(
        visit.answer("收到：<img src=x onerror=alert(1)><b>粗</b> ]]> &amp;")
    ).to_be_visible()
    await expect(visit.page.locator(".bubble .text *")).to_have_count(0)


async def test_reload_keeps_the_conversation_and_a_new_citizen_starts_afresh(visit: Visit) -> None:
    await visit.open()
    await visit.say("你好")
    await expect(visit.answer("收到：你好")).to_be_visible()
    first = await visit.openid()
    await visit.page.reload()
    await expect(visit.answer("收到：你好")).to_be_visible()
    await expect(visit.page.locator(".message")).to_have_count(2)
    assert await visit.openid() == first

    await visit.page.get_by_role("button", name="换一位市民").click()
    await expect(visit.page.locator("#openid")).not_to_have_text(first)
    await expect(visit.page.locator(".message")).to_have_count(0)
    await expect(visit.page.locator("#welcome")).to_be_visible()


async def test_waiting_shows_typing(visit: Visit) -> None:
    visit.bot.delay = 0.8
    await visit.open()
    await visit.say("你好")
    await expect(visit.page.locator("#typing")).to_be_visible()
    await expect(visit.page.locator("#title")).to_have_text("对方正在输入…")
    await expect(visit.answer("收到：你好")).to_be_visible()
    await expect(visit.page.locator("#typing")).to_be_hidden()
    await expect(visit.page.locator("#title")).to_have_text("诉求通")


async def test_customer_message_appears_by_itself(visit: Visit) -> None:
    await visit.open()
    await visit.say("success")
    await expect(visit.page.locator(".message.citizen[data-number]")).to_have_count(1)
    openid = await visit.openid()
    typing = {"touser": openid, "command": "Typing"}
    assert (await visit.api("message/custom/typing", typing))["errcode"] == 0
    await expect(visit.page.locator("#typing")).to_be_visible()
    message = {"touser": openid, "msgtype": "text", "text": {"content": "您的诉求已办结"}}
    assert (await visit.api("message/custom/send", message))["errcode"] == 0
    await expect(visit.answer("您的诉求已办结")).to_be_visible()
    await expect(visit.page.locator("#typing")).to_be_hidden()
    await expect(visit.page.locator(".message.account .took")).to_contain_text("客服消息")


async def test_xml_switch_shows_both_ways(visit: Visit) -> None:
    await visit.open()
    await visit.say("你好")
    await expect(visit.answer("收到：你好")).to_be_visible()
    sources = visit.page.locator(".source")
    await expect(sources.first).to_be_hidden()
    await visit.page.get_by_role("switch", name="显示 XML").check(force=True)
    await expect(sources.nth(0)).to_contain_text("<Content><![CDATA[你好]]></Content>")
    await expect(sources.nth(1)).to_contain_text("收到：你好")
    await visit.page.reload()
    await expect(sources.first).to_be_visible()


async def test_failure_is_told_with_its_reason(visit: Visit) -> None:
    await visit.open()
    await visit.say("错")
    notice = visit.page.locator(".message.notice")
    await expect(notice).to_contain_text("该公众号提供的服务出现故障，请稍后再试")
    await expect(notice).to_contain_text("HTTP 500")
    await expect(notice).to_contain_text("第 3 次投递")


async def test_on_a_phone_everything_fits_and_tools_are_a_sheet(visit: Visit) -> None:
    await visit.page.set_viewport_size(PHONE)
    await visit.open()
    await visit.say("长" * 300 + "http://" + "x" * 200)
    await expect(visit.answer("收到")).to_be_visible()
    wide = await visit.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]
    tools = visit.page.locator("#tools")
    await expect(tools).to_be_hidden()
    await visit.page.get_by_role("button", name="更多").click()
    await expect(visit.page.get_by_role("button", name="换一位市民")).to_be_visible()
    await visit.page.keyboard.press("Escape")
    await expect(tools).to_be_hidden()
    await expect(visit.page.get_by_role("button", name="更多")).to_be_focused()


async def test_bot_that_is_not_up_is_named_until_it_is(browser) -> None:
    bot_port = free_port()
    settings = settings_for(f"http://127.0.0.1:{bot_port}")
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(running(create_app(settings)))
        page = await browser.new_page(viewport=DESKTOP)
        visit = Visit(page, url, EchoBot())
        await visit.open()
        await expect(page.locator("#banner")).to_contain_text("机器人还没启动")
        await visit.say("你好")
        await expect(page.locator(".message.notice")).to_contain_text("机器人还没启动")
        await stack.enter_async_context(running(visit.bot.app(), bot_port))
        await expect(page.locator("#banner")).to_be_hidden(timeout=8000)
        await visit.say("在吗")
        await expect(visit.answer("收到：在吗")).to_be_visible()
        await page.close()


async def test_simulator_restart_keeps_the_citizen(browser) -> None:
    bot, port = EchoBot(), free_port()
    async with running(bot.app()) as bot_url:
        settings = settings_for(bot_url)
        page = await browser.new_page(viewport=DESKTOP)
        async with running(create_app(settings), port) as url:
            visit = Visit(page, url, bot)
            await visit.open()
            await visit.say("你好")
            await expect(visit.answer("收到：你好")).to_be_visible()
            openid = await visit.openid()
        await expect(page.locator("#banner")).to_contain_text("连不上模拟器")
        await visit.say("断线时说的话")
        await expect(page.locator(".message.unsent")).to_contain_text("没有发出去")
        async with running(create_app(settings), port):
            await expect(page.locator(".message.notice")).to_contain_text(
                "重新启动过", timeout=10_000
            )
            assert await visit.openid() == openid
            await expect(page.locator("#banner")).to_be_hidden()
            await visit.say("又来了")
            await expect(visit.answer("收到：又来了")).to_be_visible()
            await page.close()
    assert {seen["openid"] for seen in bot.seen} == {openid}
