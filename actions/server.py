"""The action server: wires the actions, listens on loopback only, runs the courier.

rasa_sdk's own server listens on every address and echoes the request body, that is the whole
conversation, when an action fails; this one does neither.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import zlib

from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from actions.courier import Courier
from actions.filing import Filer
from actions.filing_queue import FilingQueue
from actions.rasa_actions import all_actions
from actions.status import StatusDesk
from bot.privacy import Vault
from bot.settings import Settings
from intake_client import IntakeClient

logger = logging.getLogger(__name__)
_LOOPBACK = "127.0.0.1"


def create_app(settings: Settings) -> Sanic:
    """The Sanic application with everything behind it."""
    vault = Vault(settings.data_key)
    queue = FilingQueue(settings.filing_queue_url, vault)
    app = Sanic("suqiu_actions", configure_logging=False)

    @app.before_server_start
    async def start(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        client = IntakeClient(settings.intake_url, settings.api_key, settings.intake_timeout)
        filer = Filer(queue, client, vault)
        executor = ActionExecutor()
        for action in all_actions(filer, StatusDesk(client, queue)):
            executor.register_action(action)
        app.ctx.client, app.ctx.executor, app.ctx.filer = client, executor, filer
        app.ctx.courier = Courier(queue, filer, settings.bot_url, settings.bot_token)
        app.ctx.rounds = asyncio.create_task(app.ctx.courier.run())

    @app.after_server_stop
    async def stop(app: Sanic, loop: asyncio.AbstractEventLoop) -> None:
        app.ctx.rounds.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await app.ctx.rounds
        await app.ctx.courier.close()
        await app.ctx.filer.close()
        await app.ctx.client.aclose()

    @app.get("/health")
    async def health(request: Request) -> HTTPResponse:
        return response.json({"status": "ok"})

    @app.post("/webhook")
    async def webhook(request: Request) -> HTTPResponse:
        return await _run_action(app.ctx.executor, request)

    return app


async def _run_action(executor: ActionExecutor, request: Request) -> HTTPResponse:
    """One action call of Rasa. Errors name the action, never the conversation."""
    body = request.body
    if request.headers.get("Content-Encoding") == "deflate":
        body = zlib.decompress(body)
    call = json.loads(body)
    name = call.get("next_action")
    try:
        return response.json(await executor.run(call))
    except ActionExecutionRejection as error:
        return response.json({"error": error.message, "action_name": name}, status=400)
    except ActionNotFoundException as error:
        return response.json({"error": error.message, "action_name": name}, status=404)
    except Exception:
        logger.exception("action %s failed", name)
        return response.json({"error": "action failed", "action_name": name}, status=500)


def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    app = create_app(settings)
    app.run(_LOOPBACK, settings.actions_port, workers=1, access_log=False, debug=False, motd=False)
