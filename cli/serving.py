"""Which function serves which process; each imports only what its own process needs."""

from __future__ import annotations

from collections.abc import Callable

from bot.settings import Settings


class Unservable(Exception):
    """A service cannot run; the message is one sentence for the operator."""


def _intake(settings: Settings) -> None:
    from console.pages import console_pages
    from intake.server import PortUnavailable, serve
    from intake.store import StoreUnavailable

    try:
        serve(settings, [console_pages()])
    except (PortUnavailable, StoreUnavailable) as error:
        raise Unservable(str(error)) from error


def _actions(settings: Settings) -> None:
    from actions.server import serve

    serve(settings)


def _simulator(settings: Settings) -> None:
    from simulator.server import serve

    serve(settings)


def _bot(settings: Settings) -> None:
    from cli.bot_server import serve

    serve(settings)


SERVERS: dict[str, Callable[[Settings], None]] = {
    "intake": _intake,
    "actions": _actions,
    "simulator": _simulator,
    "bot": _bot,
}
