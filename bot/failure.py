"""What may be logged of an exception: its kind and place, never its message.

Messages quote: SQLAlchemy's hold the row that was being written, and with it a citizen's words.
"""

from __future__ import annotations

import traceback

_FRAMES = 5


def describe(error: BaseException) -> str:
    """One line: the type, and the innermost frames, innermost first."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = [f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in reversed(frames)]
    return f"{type(error).__name__} in " + " < ".join(places)
