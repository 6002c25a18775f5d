"""How often one network address may do something, counted in this process."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict

_MOST_ADDRESSES = 50_000


class HourlyLimit:
    """At most ``most`` times in an hour for each address.

    An hour begins with the first time. Of a flood of addresses the oldest are forgotten, so that
    memory stays bounded.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: OrderedDict[str, tuple[dt.datetime, int]] = OrderedDict()

    def allows(self, address: str, now: dt.datetime) -> bool:
        """Whether it may happen once more; if so, it counts."""
        since, count = self._seen.get(address, (now, 0))
        if now - since >= dt.timedelta(hours=1):
            since, count = now, 0
        if count >= self._most:
            return False
        self._seen[address] = (since, count + 1)
        self._seen.move_to_end(address)
        if len(self._seen) > _MOST_ADDRESSES:
            self._seen.popitem(last=False)
        return True
