"""The console's pages: shells without data, which their scripts fill from ``/api/v1``.

A shell says nothing about any case, so anybody may load it; who is not signed in is led to the
login by the first answer of the API.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, html, json

from console.words import words

PREFIX = "/console"
_HERE = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "media-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'; require-trusted-types-for 'script'"
    ),
    "X-Frame-Options": "DENY",
    "X-Content-Type-Options": "nosniff",
    # Addresses of the console hold case numbers.
    "Referrer-Policy": "same-origin",
}


@dataclass(frozen=True)
class Page:
    """A page: where it is, its template and script of the same name, and its title."""

    path: str
    name: str
    title: str
    in_menu: bool = True
    admin_only: bool = False


PAGES = (
    Page("/", "cases", "诉求"),
    Page("/supervision", "supervision", "督办"),
    Page("/reports", "reports", "考核"),
    Page("/rules", "rules", "分流规则"),
    Page("/accounts", "accounts", "账号", admin_only=True),
    Page("/password", "password", "修改密码", in_menu=False),
    Page("/login", "login", "登录", in_menu=False),
)


def console_pages() -> Blueprint:
    """The pages under ``/console``, to be served on the port of the API that they call."""
    pages = Blueprint("console", url_prefix=PREFIX)
    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=select_autoescape()
    )

    def add(page: Page, path: str, route_name: str) -> None:
        async def show(request: Request, **place: str) -> HTTPResponse:
            return shell(f"{page.name}.html", page)

        pages.add_route(show, path, ["GET"], name=route_name, strict_slashes=False)

    def shell(template: str, page: Page | None = None, status: int = 200) -> HTTPResponse:
        text = templates.get_template(template).render(page=page, pages=PAGES, prefix=PREFIX)
        return html(text, status, headers={"Cache-Control": "no-store"})

    for page in PAGES:
        add(page, page.path, page.name)
    # The list and the case beside it are one page, so that going on to the next case is quick.
    add(PAGES[0], "/cases/<case_id:str>", "case")

    @pages.get("/words.json")
    async def show_words(request: Request) -> HTTPResponse:
        return json(words(), ensure_ascii=False, headers={"Cache-Control": "no-cache"})

    pages.static("/static", str(_HERE / "static"), name="static")

    @pages.get("/<path:path>")
    async def other(request: Request, path: str) -> HTTPResponse:
        if not path:  # with a slash at the end
            return shell("cases.html", PAGES[0])
        return shell("missing.html", status=404)

    @pages.on_response
    async def protect(request: Request, response: HTTPResponse) -> None:
        response.headers.update(_HEADERS)
        # The files change with the code; a stale module beside a new page is hard to find.
        response.headers.setdefault("Cache-Control", "no-cache")

    return pages
