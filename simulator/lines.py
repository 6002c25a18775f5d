"""Lines that come from standard input, typed by a person or piped by a script."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import suppress

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

PROMPT = "您："


async def typed_lines() -> AsyncIterator[str]:
    """Lines typed at a terminal, until Ctrl-D or Ctrl-C. Output appears above the prompt."""
    session: PromptSession[str] = PromptSession(reserve_space_for_menu=0)
    with patch_stdout(raw=True):
        while True:
            try:
                yield await session.prompt_async(PROMPT)
            except (EOFError, KeyboardInterrupt):
                return


async def piped_lines() -> AsyncIterator[str]:
    """Lines of a pipe or a file, until its end."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        # A file object of our own: Python may end while this thread still waits in it, which it
        # does not survive on sys.stdin.
        # RuntimeError: the loop is closed, as the chat ended before the input did.
        with (
            open(sys.stdin.fileno(), encoding="utf-8", errors="replace", closefd=False) as stdin,
            suppress(RuntimeError),
        ):
            for line in stdin:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True, name="stdin").start()
    while (line := await lines.get()) is not None:
        yield line
