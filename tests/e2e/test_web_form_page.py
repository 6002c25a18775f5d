"""The public form in a real browser on a phone's screen, with JavaScript switched off."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.contract.intake_running import ThreadedIntake, intake_settings
from tests.e2e.browser import CHROMIUM, needs_chromium
from tests.unit.intake.sample_files import jpeg_with_place

playwright_api = pytest.importorskip("playwright.async_api", reason="未安装 playwright")
expect = playwright_api.expect

pytestmark = needs_chromium

PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedIntake]:
    running = ThreadedIntake(intake_settings(tmp_path_factory.mktemp("form")))
    yield running
    running.close()


@pytest_asyncio.fixture
async def page(intake: ThreadedIntake) -> AsyncIterator:
    async with playwright_api.async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = await browser.new_context(viewport=PHONE, java_script_enabled=False)
        opened = await context.new_page()
        refused: list[str] = []
        opened.on("console", lambda message: refused.append(message.text))
        await opened.goto(f"{intake.url}/form")
        yield opened
        await browser.close()
        # What the page's own policy refuses is told there.
        assert [text for text in refused if "Content Security Policy" in text] == []


async def fits(page) -> bool:
    """Whether nothing has to be scrolled sideways."""
    box = await page.locator("main").bounding_box()
    return box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]


async def test_file_with_a_picture_and_ask_for_the_state(page, intake: ThreadedIntake):
    assert await fits(page)
    await expect(page.get_by_label("请不要填写这一栏")).not_to_be_in_viewport()
    await page.get_by_label("发生了什么事").fill("村口路灯坏了三天")
    await page.get_by_label("区", exact=True).select_option("南海区")
    await page.get_by_label("详细地点").fill("平东大道 8 号对面")
    await expect(page.get_by_label("归哪个部门")).to_have_value("unknown")
    await page.get_by_label("联系电话").fill("13800138765")
    picture = {"name": "灯.jpg", "mimeType": "image/jpeg", "buffer": jpeg_with_place()}
    await page.get_by_label("照片").set_input_files(picture)
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("heading", name="已收到您的诉求")).to_be_visible()
    assert await fits(page)
    case_id = await page.locator("#case-id").inner_text()
    service = intake.app.ctx.service
    assert [file.name for file in service.attachments.of_case(case_id)] == ["灯.jpg"]

    await page.get_by_role("main").get_by_role("link", name="查进度").click()
    await page.get_by_label("诉求编号").fill(case_id.lower())
    await page.get_by_label("电话后四位").fill("8765")
    await page.get_by_role("button", name="查询").click()
    await expect(page.locator("#state")).to_contain_text(case_id)
    await expect(page.locator("#state")).to_contain_text("办理中")
    await expect(page.locator("ol")).to_contain_text("已提交")
    assert await fits(page)


async def test_what_was_written_stays_when_something_is_wrong(page):
    await page.get_by_label("发生了什么事").fill("村口路灯坏了三天")
    await page.get_by_label("联系电话").fill("没有")
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await expect(page.get_by_label("发生了什么事")).to_have_value("村口路灯坏了三天")
    phone = page.get_by_label("联系电话")
    await expect(phone).to_have_attribute("aria-invalid", "true")
    await expect(phone).to_have_accessible_description(re.compile("格式不对"))
    await phone.fill("13800138765")
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("heading", name="已收到您的诉求")).to_be_visible()
