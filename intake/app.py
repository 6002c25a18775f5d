"""The application: wires the service, its routes and its errors together."""

from __future__ import annotations

import asyncio
import uuid

from sanic import Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.settings import Settings
from intake.api.openapi import TOPICS, openapi_document
from intake.errors import ApiError, Errors, error_body
from intake.open311.routes import open311_api
from intake.service import IntakeService
from intake.store import StoreUnavailable

MAX_BODY_BYTES = 1024 * 1024
_HEALTH_SECONDS = 2


def create_app(settings: Settings) -> Sanic:
    """A fresh application on the database of ``settings``, which must have been migrated.

    Nothing is connected to until the first request; :func:`intake.server.serve` migrates first.

    Raises:
        intake.store.StoreUnavailable: the database URL cannot be used.
        bot.settings.SettingsError: ``SUQIU_DATA_KEY`` is no key.
    """
    service = IntakeService(settings)
    # Sanic refuses a second app of the same name in a process.
    app = Sanic(f"intake_{uuid.uuid4().hex}", error_handler=Errors(), configure_logging=False)
    app.ctx.service = service
    app.config.REQUEST_MAX_SIZE = MAX_BODY_BYTES
    app.config.ACCESS_LOG = False
    app.config.AUTO_EXTEND = False
    app.config.FALLBACK_ERROR_FORMAT = "json"
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = 5.0
    # Longer than clients keep idle connections, so that none is closed just as it is used.
    app.config.KEEP_ALIVE_TIMEOUT = 30
    for topic in TOPICS:
        app.blueprint(topic.routes(service))
    app.blueprint(open311_api(service))

    @app.get("/api/v1/openapi.json")
    async def openapi(request: Request) -> HTTPResponse:
        return json(openapi_document(), ensure_ascii=False)

    @app.get("/healthz")
    async def health(request: Request) -> HTTPResponse:
        try:
            await asyncio.wait_for(service.run(service.store.ping), _HEALTH_SECONDS)
        except (StoreUnavailable, asyncio.TimeoutError):
            error = ApiError(503, "store_unavailable", "受理平台的数据库暂时不能用")
            return json(error_body(error), 503, ensure_ascii=False)
        return json({"status": "ok"})

    @app.after_server_stop
    async def close(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        await loop.run_in_executor(None, service.close)

    return app
