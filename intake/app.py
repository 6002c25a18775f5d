"""The application: wires the service, its routes and its errors together."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import logging
import uuid
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json

from bot.settings import Settings
from intake.api.openapi import TOPICS, openapi_document
from intake.errors import ApiError, Errors, error_body
from intake.notifier import Notifier, channels_of
from intake.open311.routes import open311_api
from intake.routing import ClearRouter
from intake.service import IntakeService
from intake.store import StoreUnavailable
from intake.web_form.routes import web_form

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 1024 * 1024
_HEALTH_SECONDS = 2
_HOUSEKEEPING_SECONDS = 3600.0
# Between some old cases and the next, in which others write.
_BREATH_SECONDS = 0.1


def create_app(
    settings: Settings,
    pages: Sequence[Blueprint] = (),
    clock: Callable[[], dt.datetime] | None = None,
) -> Sanic:
    """A fresh application on the database of ``settings``, which must have been migrated.

    Nothing is connected to until the first request; :func:`intake.server.serve` migrates first.

    Args:
        pages: what else is served on the same port, such as the console.
        clock: tells the time, aware; the machine's own where None.

    Raises:
        intake.store.StoreUnavailable: the database URL cannot be used.
        bot.settings.SettingsError: ``SUQIU_DATA_KEY`` is no key, or a rule of the supervision is
            wrong.
    """
    service = IntakeService(settings, clock)
    # Sanic refuses a second app of the same name in a process.
    app = Sanic(
        f"intake_{uuid.uuid4().hex}",
        router=ClearRouter(),
        error_handler=Errors(),
        configure_logging=False,
    )
    app.ctx.service = service
    app.config.REQUEST_MAX_SIZE = MAX_BODY_BYTES
    app.config.ACCESS_LOG = False
    app.config.AUTO_EXTEND = False
    app.config.PROXIES_COUNT = settings.proxies or None
    app.config.FALLBACK_ERROR_FORMAT = "json"
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = 5.0
    # Longer than clients keep idle connections, so that none is closed just as it is used.
    app.config.KEEP_ALIVE_TIMEOUT = 30
    for topic in TOPICS:
        app.blueprint(topic.routes(service))
    app.blueprint(open311_api(service, settings.jurisdiction))
    app.blueprint(web_form(service, settings.data_key.encode(), settings.form_hourly))
    for blueprint in pages:
        app.blueprint(blueprint)

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

    if settings.supervision_seconds > 0:
        _supervise(app, service, settings.supervision_seconds)

    if settings.notifier:
        _notify(app, service, settings)

    _keep_house(app, service, settings.keep_days)

    @app.after_server_stop
    async def close(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        await loop.run_in_executor(None, service.close)

    return app


def _notify(app: Sanic, service: IntakeService, settings: Settings) -> None:
    """Send notices for as long as ``app`` serves. Raises SettingsError for a wrong channel."""
    channels = channels_of(settings)
    notifier = Notifier(service.outbox, service.personal, channels, service.run, service.now)

    @app.after_server_start
    async def start_notifier(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        notifier.start()

    @app.before_server_stop
    async def stop_notifier(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        await notifier.stop()


def _supervise(app: Sanic, service: IntakeService, seconds: float) -> None:
    """Let the rounds of the supervision begin and end with the server."""
    rounds = functools.partial(service.scheduler.watch, seconds, service.run)
    _in_background(app, "supervision", rounds, service.scheduler.stop)


def _keep_house(app: Sanic, service: IntakeService, days: int) -> None:
    """Erase the words of old cases and tidy up every hour; doing it twice does no harm."""

    async def erase() -> None:
        while True:
            pause = _HOUSEKEEPING_SECONDS
            try:
                if await service.run(service.retention.anonymise_some, service.now(), days):
                    pause = _BREATH_SECONDS
                else:
                    await service.run(service.database.tidy)
            except StoreUnavailable:
                logger.warning("retention: the database is away, trying again in an hour")
            await asyncio.sleep(pause)

    _in_background(app, "housekeeping", erase)


def _in_background(
    app: Sanic,
    name: str,
    work: Callable[[], Coroutine[Any, Any, None]],
    stopping: Callable[[], None] = lambda: None,
) -> None:
    """``work`` from the start of the server until its end, as the task ``app.ctx.<name>``.

    ``stopping`` is called before it is cancelled.
    """

    @app.after_server_start
    async def begin(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        setattr(app.ctx, name, loop.create_task(work()))

    @app.before_server_stop
    async def end(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        stopping()
        task = getattr(app.ctx, name)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
