"""The staff page in a real browser, on a running intake service."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from console.pages import PAGES, console_pages
from tests.contract.intake_running import API_KEY, ThreadedIntake, case_body, intake_settings
from tests.e2e.browser import CHROMIUM, needs_chromium

playwright_api = pytest.importorskip("playwright.async_api", reason="未安装 playwright")
expect = playwright_api.expect

pytestmark = needs_chromium

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1366, "height": 850}
PASSWORD = "correct horse 7"
EVIL = "<img src=x onerror=alert(1)><b>粗</b>"
PEOPLE = {
    "boss": ("陈主任", "admin", None),
    "zhou": ("周姐", "staff", None),
    "guan": ("关督办", "supervisor", None),
    "lin": ("林工", "department", "urban_management"),
    "he": ("何工", "department", "housing"),
}


@pytest.fixture(scope="module")
def intake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ThreadedIntake]:
    home = tmp_path_factory.mktemp("console-page")
    running = ThreadedIntake(intake_settings(home), pages=[console_pages()])
    accounts = running.app.ctx.service.accounts
    for name, (shown, role, department) in PEOPLE.items():
        accounts.create(name, shown, role, department, PASSWORD, dt.datetime.now(dt.timezone.utc))
        accounts.change(name, PASSWORD, by_owner=True)
    yield running
    running.close()


def file_case(intake: ThreadedIntake, **changes: Any) -> str:
    headers = {"Authorization": f"Bearer {API_KEY}", "Idempotency-Key": uuid.uuid4().hex}
    body = case_body(**changes)
    url = f"{intake.url}/api/v1/cases"
    answer = httpx.post(url, json=body, headers=headers, trust_env=False, timeout=20)
    assert answer.status_code == 201, answer.text
    return answer.json()["case_id"]


def case_of(intake: ThreadedIntake, case_id: str) -> Any:
    return intake.app.ctx.service.store.get(case_id)


class Person:
    """Somebody at a browser of his own. ``problems`` collects errors of the scripts."""

    def __init__(self, page, url: str) -> None:
        self.page, self.url = page, url
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._listen)
        page.on("dialog", self._agree)
        self.asked: list[str] = []

    def _listen(self, message) -> None:
        # A refused request is told to the person and is no error of the page.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.problems.append(message.text)

    async def _agree(self, dialog) -> None:
        self.asked.append(dialog.message)
        await dialog.accept()

    async def sign_in(self, name: str, password: str = PASSWORD, path: str = "/console") -> None:
        await self.page.goto(self.url + path)
        await self.page.get_by_label("用户名").fill(name)
        await self.page.get_by_label("密码", exact=False).fill(password)
        await self.page.get_by_role("button", name="登录").click()

    async def open(self, case_id: str) -> None:
        await self.page.goto(f"{self.url}/console/cases/{case_id}")
        await expect(self.page.get_by_role("heading", name=case_id)).to_be_visible()

    def action(self, label: str):
        return self.page.get_by_label("操作").get_by_role("button", name=label, exact=True).first

    async def act(self, label: str, **fields: str) -> None:
        """Open the form of an action, fill it in by the labels of its fields, and send it."""
        await self.action(label).click()
        form = self.page.locator(f'form[aria-label="{label}"]')
        for name, value in fields.items():
            field = form.locator(f'[name="{name}"]')
            if await field.evaluate("f => f.tagName") == "SELECT":
                await field.select_option(value)
            else:
                await field.fill(value)
        await form.get_by_role("button", name=label, exact=True).click()
        await expect(self.page.locator("#toast")).to_have_text(f"{label}：已完成")

    async def expect_state(self, name: str) -> None:
        await expect(self.page.locator(".case-head .state")).to_have_text(name)

    async def actions(self) -> set[str]:
        await expect(self.page.locator(".actions")).to_be_visible()
        return set(await self.page.locator(".actions .buttons button").all_inner_texts())


@pytest_asyncio.fixture
async def browser() -> AsyncIterator:
    async with playwright_api.async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest_asyncio.fixture
async def person(browser, intake: ThreadedIntake) -> AsyncIterator:
    """``await person()``: a new person, ``await person("zhou")``: one who is signed in."""
    people: list[Person] = []

    async def come(name: str | None = None, size: dict[str, int] = DESK) -> Person:
        context = await browser.new_context(viewport=size, locale="zh-CN")
        someone = Person(await context.new_page(), intake.url)
        people.append(someone)
        if name:
            await someone.sign_in(name)
            await expect(someone.page.locator("#me-name")).to_contain_text(PEOPLE[name][0])
        return someone

    yield come
    for someone in people:
        await someone.page.context.close()
        assert someone.problems == []


async def test_whole_loop_by_clicks(intake: ThreadedIntake, person) -> None:
    case_id = file_case(intake, description="小区物业不修路灯，晚上很黑")
    lin = await person("lin")
    await lin.page.locator(f'.row[data-id="{case_id}"]').click()
    await lin.expect_state("已分流")
    assert {"开始办理", "退回"} <= await lin.actions()
    assert not {"办结", "重新分流", "发牌"} & await lin.actions()
    await lin.action("退回").click()
    await lin.page.locator('form[aria-label="退回"]').get_by_role("button", name="退回").click()
    problem = lin.page.locator(".problem:visible")
    await expect(problem).to_have_text("请填写退回的理由")
    await expect(lin.page.get_by_label("退回的理由")).to_be_focused()
    await lin.page.keyboard.press("Escape")
    await lin.act("退回", remark="小区内的路灯归物业，是住建局的事")
    await lin.expect_state("退回重派")

    zhou = await person("zhou")
    await zhou.page.get_by_role("button", name="待分流").click()
    await zhou.page.locator(f'.row[data-id="{case_id}"]').click()
    await expect(zhou.page.locator(".timeline")).to_contain_text("承办部门 lin")
    await expect(zhou.page.locator(".timeline")).to_contain_text("小区内的路灯归物业")
    await zhou.action("重新分流").click()
    await zhou.page.get_by_label("城管局").check()
    form = zhou.page.locator('form[aria-label="重新分流"]')
    await form.get_by_label("主办部门").select_option("housing")
    await form.get_by_label("办理方式").select_option("cross")
    await form.get_by_role("button", name="重新分流").click()
    await zhou.expect_state("已分流")
    case = case_of(intake, case_id)
    assert (case.department, case.co_departments) == ("housing", ("urban_management",))
    assert case.handling_mode == "cross"

    he = await person("he")
    await he.open(case_id)
    await he.act("开始办理")
    await he.act("指定经办人", assignee="何工")
    await he.act("请市民补充", note="请告诉我们是哪一栋楼")
    await he.expect_state("待补充")
    await zhou.open(case_id)
    await zhou.act("登记市民补充", text="三栋门口")
    await zhou.expect_state("办理中")
    await he.open(case_id)
    await he.act("答复市民", text="物业今天来修")
    await he.act("办结", note="路灯已经修好")
    await he.expect_state("已办结")

    await lin.open(case_id)
    await lin.act("内部备注", text="协办已知悉")
    assert await lin.actions() == {"内部备注", "上传附件"}

    await zhou.open(case_id)
    await zhou.act("登记市民评价", satisfaction="1", text="又坏了")
    await zhou.act("市民要求重办", note="灯又坏了")
    await zhou.expect_state("申请重办")
    guan = await person("guan")
    await guan.page.get_by_role("button", name="待定重办").click()
    await guan.page.locator(f'.row[data-id="{case_id}"]').click()
    await guan.act("同意重办", note="我们重新办理")
    await guan.act("重新分流")
    await guan.act("发牌", colour="yellow", reason="办理敷衍")
    await guan.act("发牌", colour="yellow", reason="仍未办理")
    await expect(guan.page.locator(".card-mark")).to_have_count(3)
    await expect(guan.page.locator(".card-mark.red")).to_contain_text("第二张黄牌")
    assert "发牌" not in await guan.actions()
    await guan.page.get_by_role("link", name="督办", exact=True).click()
    await expect(guan.page.locator("#red")).to_contain_text(case_id)

    await he.open(case_id)
    await he.act("开始办理")
    await he.act("办结", note="换了新灯")
    await zhou.open(case_id)
    await zhou.act("登记市民评价", satisfaction="5")
    await zhou.expect_state("已归档")
    case = case_of(intake, case_id)
    assert (case.state, case.returns, case.reopens, case.satisfaction) == ("closed", 1, 1, 5)
    told = [entry.note for entry in case.history if entry.to_state == "resolved" and entry.note]
    assert told[0] == "路灯已经修好"

    await guan.page.get_by_role("link", name="考核", exact=True).click()
    await expect(guan.page.locator("#summary")).to_contain_text("红牌")
    links = guan.page.locator("#links a")
    await expect(links).to_have_count(3)
    for link in await links.all():
        answer = await guan.page.request.get(address_of(guan, await link.get_attribute("href")))
        assert answer.ok, answer.status
    await expect(guan.page.locator("#chart")).to_have_js_property("complete", True)


def address_of(someone: Person, path: str | None) -> str:
    return f"{someone.url}{path}"


async def test_wrong_password_is_said_and_login_leads_back(intake: ThreadedIntake, person) -> None:
    case_id = file_case(intake)
    someone = await person()
    await someone.sign_in("zhou", "not the password", f"/console/cases/{case_id}")
    await expect(someone.page.get_by_role("alert")).to_contain_text("用户名或密码不对")
    await someone.page.get_by_label("密码").fill(PASSWORD)
    await someone.page.keyboard.press("Enter")
    await expect(someone.page.get_by_role("heading", name=case_id)).to_be_visible()
    await someone.page.get_by_role("button", name="退出").click()
    await expect(someone.page.get_by_role("button", name="登录")).to_be_visible()
    await someone.page.goto(f"{intake.url}/console")
    await expect(someone.page.get_by_role("button", name="登录")).to_be_visible()
    for next_page in ("//example.com/", "https://example.com/", "/console/login"):
        await someone.sign_in("zhou", path=f"/console/login?next={next_page}")
        await someone.page.wait_for_url(f"{intake.url}/console")


async def test_session_that_ended_asks_to_sign_in_again(intake: ThreadedIntake, person) -> None:
    case_id = file_case(intake)
    zhou = await person("zhou")
    await zhou.open(case_id)
    await zhou.page.context.clear_cookies()
    await zhou.action("内部备注").click()
    await zhou.page.get_by_label("备注", exact=False).last.fill("说明")
    await zhou.page.keyboard.press("Tab")
    await zhou.page.keyboard.press("Enter")
    await expect(zhou.page.get_by_label("用户名")).to_be_visible()
    assert f"cases%2F{case_id}" in zhou.page.url


async def test_text_is_never_markup(intake: ThreadedIntake, person) -> None:
    case_id = file_case(
        intake,
        description=EVIL,
        occurred=EVIL,
        address={"district": "南海区", "town": "桂城街道", "detail": EVIL},
    )
    lin = await person("lin")
    await lin.open(case_id)
    await lin.act("内部备注", text=EVIL)
    await expect(lin.page.locator(".citizen-words")).to_have_text(EVIL)
    await expect(lin.page.locator(".timeline .note .said")).to_contain_text(EVIL)
    await expect(lin.page.locator(f'.row[data-id="{case_id}"] .row-words')).to_have_text(EVIL)
    await expect(lin.page.locator("#main img, #main b")).to_have_count(0)
    assert lin.asked == []


async def test_changed_case_is_shown_and_what_was_written_is_kept(
    intake: ThreadedIntake, person
) -> None:
    case_id = file_case(intake)
    one, other = await person("lin"), await person("boss")
    await one.open(case_id)
    await other.open(case_id)
    await one.action("退回").click()
    await one.page.get_by_label("退回的理由").fill("不归我们管，应归住建局")
    await other.act("开始办理")
    await one.page.locator('form[aria-label="退回"]').get_by_role("button", name="退回").click()
    await expect(one.page.locator("#case > .alert")).to_contain_text("刚刚有人改过")
    await one.expect_state("办理中")
    await expect(one.page.get_by_label("退回的理由")).to_have_value("不归我们管，应归住建局")
    assert case_of(intake, case_id).state == "in_progress"
    await one.page.locator('form[aria-label="退回"]').get_by_role("button", name="退回").click()
    await one.expect_state("退回重派")


async def test_contact_needs_a_reason_and_is_recorded(intake: ThreadedIntake, person) -> None:
    case_id = file_case(intake)
    lin = await person("lin")
    await lin.open(case_id)
    await expect(lin.page.locator("body")).not_to_contain_text("13800138000")
    await lin.page.get_by_role("button", name="查看联系方式").click()
    await lin.page.get_by_role("button", name="查看", exact=True).click()
    await expect(lin.page.locator(".problem:visible")).to_have_text("请填写为什么要看")
    await lin.page.get_by_label("为什么要看").fill("回访核实地点")
    await lin.page.keyboard.press("Enter")
    await expect(lin.page.get_by_role("link", name="13800138000")).to_be_visible()


async def test_attachment_is_sent_and_listed(intake: ThreadedIntake, person) -> None:
    case_id = file_case(intake)
    lin = await person("lin")
    await lin.open(case_id)
    await lin.action("上传附件").click()
    file = {"name": "现场.png", "mimeType": "image/png", "buffer": await lin.page.screenshot()}
    await lin.page.get_by_label("文件").set_input_files(file)
    form = lin.page.locator('form[aria-label="上传附件"]')
    await form.get_by_role("button", name="上传附件").click()
    link = lin.page.get_by_role("link", name="现场.png")
    await expect(link).to_be_visible()
    answer = await lin.page.request.get(address_of(lin, await link.get_attribute("href")))
    assert answer.headers["content-type"] == "image/png"
    broken = {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"}
    await lin.action("上传附件").click()
    await lin.page.get_by_label("文件").set_input_files(broken)
    await form.get_by_role("button", name="上传附件").click()
    await expect(form.get_by_role("alert")).to_be_visible()


async def test_filters_pages_and_numbers(intake: ThreadedIntake, person) -> None:
    for number in range(23):
        file_case(intake, department="tax", description=f"发票 {number:02}", citizen=f"w:{number}")
    file_case(intake, department="tax", urgent=True, description="窗口停电，很多人等着")
    zhou = await person("zhou")
    await zhou.page.locator("summary").click()
    await zhou.page.get_by_label("主办部门").select_option("tax")
    total = zhou.page.locator("#total")
    await expect(total).to_have_text("共 24 件")
    rows = zhou.page.locator("#rows .row")
    await expect(rows).to_have_count(20)
    await zhou.page.get_by_role("button", name="下一页").click()
    await expect(rows).to_have_count(4)
    await expect(zhou.page.get_by_role("button", name="下一页")).to_be_disabled()
    await expect(rows.first).to_be_focused()
    await zhou.page.get_by_role("button", name="上一页").click()
    await expect(rows).to_have_count(20)
    await zhou.page.get_by_label("紧急").check()
    await expect(total).to_have_text("共 1 件")
    await expect(zhou.page.get_by_label("紧急")).to_be_focused()
    await rows.first.click()
    await expect(zhou.page.locator(".citizen-words")).to_have_text("窗口停电，很多人等着")
    assert "department=tax" in zhou.page.url
    await zhou.page.reload()
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_have_attribute("aria-current", "true")
    await zhou.page.go_back()
    await expect(zhou.page.locator("#case .empty")).to_be_visible()
    await zhou.page.get_by_role("button", name="清除筛选").click()
    await expect(rows).to_have_count(20)
    number = await rows.nth(7).get_attribute("data-id") or ""
    await zhou.page.get_by_label("按编号查").fill(f" {number.lower()} ")
    await zhou.page.keyboard.press("Enter")
    await expect(zhou.page.get_by_role("heading", name=number)).to_be_visible()
    wrong = number[:-2] + ("0" if number[-2] != "0" else "1") + number[-1]
    await zhou.page.get_by_label("按编号查").fill(wrong)
    await zhou.page.keyboard.press("Enter")
    await expect(zhou.page.get_by_role("alert").first).to_contain_text("编号好像输错了")


async def test_with_the_keyboard_alone(intake: ThreadedIntake, person) -> None:
    case_id = file_case(intake, description="用键盘打开")
    lin = await person()
    await lin.page.goto(f"{intake.url}/console/login")
    await expect(lin.page.get_by_label("用户名")).to_be_focused()
    await lin.page.keyboard.type("lin")
    await lin.page.keyboard.press("Tab")
    await lin.page.keyboard.type(PASSWORD)
    await lin.page.keyboard.press("Enter")
    await lin.page.locator(f'.row[data-id="{case_id}"]').focus()
    await lin.page.keyboard.press("Enter")
    await expect(lin.page.get_by_role("heading", name=case_id)).to_be_focused()
    await lin.page.keyboard.press("Tab")
    await expect(lin.action("开始办理")).to_be_focused()
    await lin.page.keyboard.press("Tab")
    await lin.page.keyboard.press("Enter")
    await expect(lin.page.get_by_label("退回的理由")).to_be_focused()
    await lin.page.keyboard.press("Escape")
    await expect(lin.action("退回")).to_be_focused()
    unnamed = await lin.page.evaluate(
        """[...document.querySelectorAll("input, select, textarea")]
             .filter((field) => !field.labels.length).length"""
    )
    assert unnamed == 0


async def test_on_a_phone_one_column_without_sideways_scrolling(
    intake: ThreadedIntake, person
) -> None:
    long = "长" * 300 + "http://" + "x" * 200
    case_id = file_case(intake, description=long, address={"detail": "y" * 300})
    boss = await person("boss", PHONE)

    async def width() -> int:
        return await boss.page.evaluate("document.documentElement.scrollWidth")

    row = boss.page.locator(f'.row[data-id="{case_id}"]')
    await expect(row).to_be_visible()
    assert await width() <= PHONE["width"]
    await row.click()
    await expect(boss.page.locator(".citizen-words")).to_be_visible()
    await expect(row).to_be_hidden()
    await boss.action("退回").click()
    assert await width() <= PHONE["width"]
    await boss.page.get_by_role("button", name="返回列表").click()
    await expect(row).to_be_focused()
    for page in PAGES:
        await boss.page.goto(f"{intake.url}/console{page.path}")
        await boss.page.wait_for_load_state("networkidle")
        assert await width() <= PHONE["width"], page.path


async def test_password_that_somebody_else_set_is_to_be_changed(
    intake: ThreadedIntake, person
) -> None:
    boss = await person("boss")
    await expect(boss.page.locator("#hint")).to_be_hidden()
    await boss.page.get_by_role("link", name="账号").click()
    fields = boss.page.locator("#new-account")
    await fields.get_by_label("用户名").fill("newcomer")
    await fields.get_by_label("角色").select_option("department")
    await fields.get_by_label("初始密码").fill("first words 1")
    await fields.get_by_role("button", name="新建账号").click()
    await expect(fields.get_by_role("alert")).to_contain_text("要指明部门")
    await fields.get_by_label("部门").select_option("tax")
    await fields.get_by_role("button", name="新建账号").click()
    row = boss.page.locator("#accounts li", has_text="newcomer")
    await expect(row).to_contain_text("承办部门，税务局")

    new = await person()
    await new.sign_in("newcomer", "first words 1")
    await new.page.locator("#hint").get_by_role("link").click()
    await new.page.get_by_label("原来的密码").fill("first words 1")
    await new.page.get_by_label("新密码", exact=True).fill("own words 22")
    await new.page.get_by_label("再输一次新密码").fill("own words 23")
    await new.page.get_by_role("button", name="修改密码").click()
    await expect(new.page.locator(".problem:visible")).to_have_text("两次输入的新密码不一样")
    await new.page.get_by_label("再输一次新密码").fill("own words 22")
    await new.page.get_by_role("button", name="修改密码").click()
    await expect(new.page.get_by_role("status")).to_have_text("密码已经改好，请用新密码登录")
    await new.sign_in("newcomer", "own words 22")
    await expect(new.page.locator("#me-name")).to_contain_text("税务局")
    await expect(new.page.locator("#hint")).to_be_hidden()
    await expect(new.page.get_by_role("link", name="账号")).to_be_hidden()

    await boss.page.reload()
    await row.get_by_role("button", name="停用").click()
    await expect(row).to_contain_text("已停用")
    assert "newcomer" in boss.asked[0]
    await new.page.reload()
    await expect(new.page.get_by_label("用户名")).to_be_visible()


async def test_key_is_shown_once(intake: ThreadedIntake, person) -> None:
    boss = await person("boss")
    await boss.page.goto(f"{intake.url}/console/accounts")
    fields = boss.page.locator("#new-key")
    await fields.get_by_label("名称").fill("smoke-alarms")
    await fields.get_by_label("来源渠道").select_option("device")
    await fields.get_by_role("button", name="新建密钥").click()
    secret = await boss.page.locator(".secret").inner_text()
    assert intake.app.ctx.service.accounts.key(secret).name == "smoke-alarms"
    await boss.page.reload()
    row = boss.page.locator("#keys li", has_text="smoke-alarms")
    await expect(row).to_contain_text("设备")
    await expect(boss.page.locator("#main")).not_to_contain_text(secret)
    await row.get_by_role("button", name="作废").click()
    await expect(row).to_contain_text("作废")
    assert intake.app.ctx.service.accounts.key(secret) is None


async def test_rule_that_does_not_compile_is_named(intake: ThreadedIntake, person) -> None:
    guan = await person("guan")
    await guan.page.get_by_role("link", name="分流规则").click()
    area = guan.page.get_by_label("规则（YAML）")
    before = await area.input_value()
    broken = """rules:
  - name: 路灯归城管
    when: {words: ["/路灯(/"]}
    then: {department: urban_management}
"""
    await area.fill(broken)
    await guan.page.get_by_role("button", name="保存并生效").click()
    await expect(guan.page.locator("#editor").get_by_role("alert")).to_contain_text("路灯归城管")
    await area.fill(broken.replace("/路灯(/", "路灯"))
    trial = guan.page.locator("#trial")
    await trial.get_by_label("诉求内容").fill("村口路灯坏了")
    await trial.get_by_role("button", name="试一试").click()
    await expect(guan.page.locator("#trial-answer")).to_contain_text("路灯归城管")
    await guan.page.get_by_role("button", name="保存并生效").click()
    await expect(guan.page.locator("#version")).to_contain_text("督办人员 guan")
    await area.fill(before)
    await guan.page.get_by_role("button", name="保存并生效").click()
    await expect(guan.page.locator("#rules")).not_to_contain_text("路灯归城管")
    lin = await person("lin")
    await lin.page.goto(f"{intake.url}/console/rules")
    await expect(lin.page.get_by_label("规则（YAML）")).to_have_attribute("readonly", "")
    await expect(lin.page.get_by_role("button", name="保存并生效")).to_have_count(0)


async def test_similar_case_is_joined(intake: ThreadedIntake, person) -> None:
    words = "石湾公园门口的井盖不见了，晚上容易掉下去"
    first = file_case(intake, description=words, citizen="wechat:a", lat=23.0, long=113.1)
    second = file_case(intake, description=words, citizen="wechat:b", lat=23.0, long=113.1)
    zhou = await person("zhou")
    await zhou.open(second)
    item = zhou.page.locator(".extras li", has_text=first)
    await item.get_by_role("button", name="把本件并入这一件").click()
    await zhou.expect_state("已撤回")
    assert first in zhou.asked[0]
    await expect(zhou.page.locator(".timeline")).to_contain_text("并入另一件")


async def test_service_that_is_away_is_said(intake: ThreadedIntake, person) -> None:
    case_id = file_case(intake)
    lin = await person("lin")
    await lin.open(case_id)
    await lin.page.context.set_offline(True)
    await lin.action("内部备注").click()
    form = lin.page.locator('form[aria-label="内部备注"]')
    await form.get_by_label("备注").fill("断网时写的")
    await form.get_by_role("button", name="内部备注").click()
    await expect(form.get_by_role("alert")).to_contain_text("连不上受理平台")
    await lin.page.context.set_offline(False)
    await form.get_by_role("button", name="内部备注").click()
    await expect(lin.page.locator(".timeline")).to_contain_text("断网时写的")
    notes = [e for e in case_of(intake, case_id).history if e.kind == "note"]
    assert len(notes) == 1


async def test_frames_and_strange_pages_cannot_use_it(intake: ThreadedIntake, person) -> None:
    zhou = await person("zhou")
    blocked = await zhou.page.evaluate(
        """async () => {
             try { document.createElement("p").innerHTML = "<b>x</b>"; return false }
             catch (error) { return error instanceof TypeError }
           }"""
    )
    assert blocked
    assert "TrustedHTML" in zhou.problems.pop()
    cookies = await zhou.page.context.cookies()
    session = next(each for each in cookies if each["name"] == "suqiu_session")
    assert session["httpOnly"] and session["sameSite"] == "Strict"
    assert await zhou.page.evaluate("document.cookie") == ""
    assert re.fullmatch(r"[\w.~-]+", session["value"])
