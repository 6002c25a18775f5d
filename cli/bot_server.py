"""Rasa as a process, with its keys from the settings: none stands on a command line."""

from __future__ import annotations

import logging
import os

from bot.settings import Settings
from cli import service_log
from cli.model import PROJECT, model_path, quiet


def serve(settings: Settings) -> None:
    """Run Rasa's server until SIGTERM or SIGINT."""
    quiet()
    service_log.apply()
    os.chdir(PROJECT)
    os.environ.update(settings.as_environment())
    import rasa.core.run
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.common import configure_logging_and_warnings

    from cli import rasa_tuning

    configure_logging_and_warnings(logging.WARNING)
    service_log.silence_deprecations()
    rasa_tuning.apply()
    rasa.core.run.serve_application(
        model_path=str(model_path(settings.model_dir)),
        interface=settings.host,
        port=settings.bot_port,
        credentials="credentials.yml",
        auth_token=settings.bot_token,
        enable_api=True,
        endpoints=AvailableEndpoints.read_endpoints("endpoints.yml"),
    )
