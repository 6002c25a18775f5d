"""``python -m intake``: the intake service alone, with settings from the environment."""

from __future__ import annotations

import logging
import sys

from bot.settings import SettingsError, load_settings
from intake.server import PortUnavailable, serve
from intake.store import StoreUnavailable


def main() -> int:
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level="INFO")
    try:
        serve(load_settings())
    except (SettingsError, StoreUnavailable, PortUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
