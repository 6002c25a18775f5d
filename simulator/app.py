"""The simulator's web app, wired from the settings."""

from __future__ import annotations

import secrets
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape
from sanic import Sanic
from sanic.exceptions import InvalidUsage, NotFound
from sanic.request import Request
from sanic.response import HTTPResponse, html, json

from bot.settings import Settings
from simulator.access import Access
from simulator.api import api_blueprint
from simulator.phone import Phones
from simulator.phone_api import phone_blueprint
from simulator.sms import sms_blueprint
from simulator.wechat import Mode, WeChatSide

WEBHOOK_PATH = "/webhooks/wechat/webhook"
ACCOUNT_NAME = "诉求通"
EXAMPLES = ("桂城平东夜晚好多大货车，嘈到瞓唔着", "我要投诉", "查进度")

_HERE = Path(__file__).parent
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # The files change with the code; a stale module beside a new page is hard to find.
    "Cache-Control": "no-cache",
}


def create_app(settings: Settings, mode: Mode = "safe") -> Sanic:
    """A new app that plays WeChat for the bot at ``settings.bot_url``. Starts nothing yet."""
    # Sanic keeps all apps of a process in one register and refuses the same name twice.
    app = Sanic(f"suqiu-simulator-{secrets.token_hex(4)}", configure_logging=False)
    app.config.REQUEST_MAX_SIZE = 1024 * 1024
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = 3.0
    app.config.FALLBACK_ERROR_FORMAT = "json"

    phones = Phones()
    access = Access(settings.wechat_app_id, settings.wechat_app_secret)
    wechat = WeChatSide(
        settings.bot_url.rstrip("/") + WEBHOOK_PATH,
        settings.wechat_token,
        settings.wechat_app_id,
        settings.wechat_aes_key,
        mode,
    )
    app.blueprint(api_blueprint(access, phones))
    app.blueprint(phone_blueprint(wechat, phones))
    app.static("/static", _HERE / "static", name="static")

    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=select_autoescape()
    )

    app.blueprint(sms_blueprint(settings.sms_key, templates))

    @app.get("/")
    async def page(request: Request) -> HTTPResponse:
        template = templates.get_template("chat.html")
        return html(template.render(account=ACCOUNT_NAME, examples=EXAMPLES))

    @app.get("/healthz")
    async def healthz(request: Request) -> HTTPResponse:
        return json({"status": "ok"})

    @app.exception(NotFound, InvalidUsage)
    async def refused(request: Request, error: NotFound | InvalidUsage) -> HTTPResponse:
        code, message = "bad_request", "请求的格式不对"
        if isinstance(error, NotFound):
            code, message = "not_found", "没有这个页面"
        body = {"error": {"code": code, "message": message, "details": {}}}
        return json(body, status=error.status_code)

    @app.on_response
    async def add_headers(request: Request, response: HTTPResponse) -> None:
        response.headers.update(_HEADERS)

    @app.before_server_stop
    async def stop(app: Sanic, loop: object) -> None:
        phones.release()
        await wechat.aclose()

    return app
