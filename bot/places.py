"""Foshan's districts and towns, for whoever needs only their names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

PLACES_FILE = "foshan_places.json"


@cache
def place_tree() -> Mapping[str, Mapping[str, list[str]]]:
    """District → town → communities."""
    text = resources.files("bot.vocabulary").joinpath(PLACES_FILE).read_text("utf-8")
    return json.loads(text)


def towns(district: str) -> list[str]:
    """The towns of a district, in the dictionary's order; empty for an unknown district."""
    return list(place_tree().get(district, {}))
