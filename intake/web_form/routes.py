"""The routes of the public form."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, select_autoescape
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, html

from bot import vocabulary
from bot.case_id import canonical
from intake.attachments import MAX_BYTES, Upload, checked
from intake.bodies import Unreadable
from intake.database import StoreUnavailable
from intake.media import Unusable
from intake.personal import last4
from intake.roles import CITIZEN
from intake.service import IntakeService
from intake.uploads import FORM_BYTES, SentForm, TooLarge, multipart, read_body
from intake.validation import InvalidCase, Problem
from intake.views import citizen_view
from intake.web_form.entries import UNKNOWN, Entries, districts, new_case, read_entries
from intake.web_form.limits import HourlyLimit
from intake.web_form.tickets import Tickets

KEY_NAME = "web-form"
# Looking up is cheap, and the digits have their own count of wrong guesses.
_LOOK_UPS_HOURLY = 60
_HERE = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # With "no-referrer" browsers would not say where a form was sent from either.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
Handler = Callable[[Request], Coroutine[Any, Any, HTTPResponse]]


def web_form(service: IntakeService, secret: bytes, hourly: int) -> Blueprint:
    """The pages ``/form`` and ``/form/status``.

    Args:
        secret: what tickets are signed with.
        hourly: how many appeals one address may file in an hour.
    """
    pages = Blueprint("web_form", url_prefix="/form")
    tickets = Tickets(secret)
    filings, look_ups = HourlyLimit(hourly), HourlyLimit(_LOOK_UPS_HOURLY)
    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=select_autoescape()
    )

    def page(name: str, status: int = 200, **values: Any) -> HTTPResponse:
        return html(templates.get_template(name).render(**values), status, headers=_HEADERS)

    def trouble(status: int, words: str) -> HTTPResponse:
        return page("trouble.html", status, words=words)

    def in_words(handler: Handler) -> Handler:
        """Answer with a page also where the database or the body fails."""

        @wraps(handler)
        async def answered(request: Request) -> HTTPResponse:
            try:
                return await handler(request)
            except StoreUnavailable:
                return trouble(503, "系统暂时不能用，请过几分钟再试")
            except TooLarge:
                return trouble(413, f"图片太大，最大 {MAX_BYTES // 1024 // 1024} MB，请返回换一张")
            except Unreadable:
                return trouble(400, "表单没有传完整，请返回再提交一次")

        return answered

    def form_page(
        request: Request, entries: Entries, problems: list[Problem], status: int = 200
    ) -> HTTPResponse:
        return page(
            "form.html",
            status,
            ticket=tickets.new(service.now()),
            entries=entries,
            problems={problem.field: problem.message for problem in reversed(problems)},
            unknown=UNKNOWN,
            districts=districts(),
            departments=vocabulary.departments().values(),
            kinds=vocabulary.appeal_types(),
        )

    @in_words
    async def show(request: Request) -> HTTPResponse:
        return form_page(request, Entries(), [])

    @in_words
    async def file(request: Request) -> HTTPResponse:
        form = multipart(request, await read_body(request, MAX_BYTES + FORM_BYTES))
        entries = read_entries(form)
        # People cannot see this field; programs fill in every one.
        if form.first("website") or not _is_from_us(request):
            return trouble(400, "提交没有成功，请从本页面重新填写")
        number = tickets.number_of(form.first("ticket"), service.now())
        if number is None:
            problem = Problem("", "这个页面打开太久了，内容还在，请再点一次提交")
            return form_page(request, entries, [problem], 400)
        try:
            new = new_case(entries)
        except InvalidCase as error:
            return form_page(request, entries, error.problems, 400)
        try:
            upload = await service.run(_picture, form)
        except Unusable as error:
            return form_page(request, entries, [Problem("picture", str(error))], 400)
        if not filings.allows(_address(request), service.now()):
            return trouble(429, "这个网络刚才提交得太多了，请一小时以后再试")
        # The same form sent twice, by an impatient finger, is one appeal.
        key = f"form-{number}-{entries.digest()}"
        undecided = not entries.knows_department
        case, _ = await service.run(_file, service, new, key, undecided)
        if upload:
            await service.run(service.attachments.add, case.case_id, upload, CITIZEN, service.now())
        return page("filed.html", 201, case=citizen_view(case), undecided=undecided)

    @in_words
    async def ask(request: Request) -> HTTPResponse:
        return page("status.html", case_id="", case=None, words="")

    @in_words
    async def tell(request: Request) -> HTTPResponse:
        form = multipart(request, await read_body(request, FORM_BYTES))
        written = form.first("case_id").strip()[:60]

        def again(words: str, status: int = 400) -> HTTPResponse:
            return page("status.html", status, case_id=written, case=None, words=words)

        if form.first("website") or not _is_from_us(request):
            return again("查询没有成功，请从本页面重新填写")
        case_id = canonical(written)
        if case_id is None:
            return again("编号好像输错了，请核对后再试")
        digits = last4(form.first("last4"))
        if digits is None:
            return again("请填写提交时所留电话的最后四位数字")
        if not look_ups.allows(_address(request), service.now()):
            return again("查询太频繁，请一小时以后再试", 429)
        # Wrong guesses are counted for each address, so that nobody is locked out by others.
        asker = f"form@{_address(request)}"
        found = await service.run(service.look_up, case_id, asker, digits)
        if found is None:
            return again("没有找到这个编号的诉求，请核对后再试", 404)
        if not found.authorized:
            words = "今天答错太多次，请明天再试" if found.locked else "电话后四位不对，请核对后再试"
            return again(words, 403)
        return page("status.html", case_id=case_id, case=citizen_view(found.case), words="")

    pages.add_route(show, "/", ["GET"], name="show", strict_slashes=False)
    pages.add_route(file, "/", ["POST"], name="file", strict_slashes=False, stream=True)
    pages.add_route(ask, "/status", ["GET"], name="ask", strict_slashes=False)
    pages.add_route(tell, "/status", ["POST"], name="tell", strict_slashes=False, stream=True)
    pages.static("/static", str(_HERE / "static"), name="static")
    return pages


def _file(service: IntakeService, new: Any, key: str, undecided: bool) -> Any:
    return service.file(new, KEY_NAME, key, undecided=undecided)


def _picture(form: SentForm) -> Upload | None:
    """The picture that came with the form, if any. Raises Unusable."""
    for sent in form.files.get("picture", []):
        if sent.content:
            if len(sent.content) > MAX_BYTES:
                raise Unusable(f"图片太大，最大 {MAX_BYTES // 1024 // 1024} MB")
            return checked(sent.name, sent.content)
    return None


def _address(request: Request) -> str:
    """Where the visitor is; behind proxies, where the outermost trusted one saw him."""
    return str(request.remote_addr or request.ip)


def _is_from_us(request: Request) -> bool:
    """Whether the form was sent from our own page, as far as the browser says."""
    origin = request.headers.get("origin")
    return origin is None or origin.split("://", 1)[-1] == request.headers.get("host")
