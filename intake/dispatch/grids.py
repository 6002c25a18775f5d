"""The grids (网格) of a city: which community has which, and whose they are.

Grid data is not public, so a city supplies a CSV file (``SUQIU_GRID_FILE``) with the columns
``community_code,grid_code,grid_name,officer``. Community codes are in no open dictionary either:
``community_code`` may be the community's name (``南海区桂城街道平东社区``, or shorter where that is
clear), and where it is the official number, a further column ``community`` gives the name.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from bot.settings import SettingsError
from intake.cases import Address
from intake.dispatch.places import community_of, official

SAMPLE, NONE = "sample", "off"
_COLUMNS = ("community_code", "grid_code", "grid_name", "officer")
_SETTING = "设置 SUQIU_GRID_FILE"

Community = tuple[str, str, str]


@dataclass(frozen=True)
class Grid:
    """One grid; ``officer`` is for people inside."""

    code: str
    name: str
    officer: str


class Grids:
    """The grids by community."""

    def __init__(self, by_community: Mapping[Community, tuple[Grid, ...]] | None = None) -> None:
        self._by_community = by_community or {}

    def of(self, address: Address) -> tuple[Grid, ...]:
        """All grids of the community of ``address``; none when it is not known."""
        known = official(address)
        if not (known.district and known.town and known.community):
            return ()
        return self._by_community.get((known.district, known.town, known.community), ())

    def grid_of(self, address: Address) -> str | None:
        """The code of the grid, where the community has exactly one."""
        found = self.of(address)
        return found[0].code if len(found) == 1 else None


def load_grids(setting: str) -> Grids:
    """The grids of the file that ``SUQIU_GRID_FILE`` names.

    Args:
        setting: ``off`` for none, ``sample`` for the packaged sample, else a CSV file in UTF-8 or
            GB 18030, as Excel writes it.

    Raises:
        bot.settings.SettingsError: the file cannot be read, or a line of it is wrong.
    """
    if setting == NONE:
        return Grids()
    if setting == SAMPLE:
        content = resources.files(__package__).joinpath("grids_sample.csv").read_bytes()
    else:
        try:
            content = Path(setting).read_bytes()
        except OSError as error:
            raise SettingsError(f"{_SETTING} 的文件读不了：{setting}") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise SettingsError(f"{_SETTING} 的文件不是 UTF-8 或 GBK 编码") from error
    return read_grids(text)


def read_grids(text: str) -> Grids:
    """The grids of a CSV text; lines that begin with ``#`` are comments.

    Raises:
        bot.settings.SettingsError: names the line.
    """
    # A quoted field may run over lines, so comments are kept as lines to count by.
    reader = csv.reader(io.StringIO(text, newline=""))
    columns: list[str] | None = None
    found: dict[Community, list[Grid]] = defaultdict(list)
    seen: set[str] = set()
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if not any(cells) or cells[0].startswith("#"):
                continue
            if columns is None:
                columns = _header(cells)
                continue
            named = dict(zip(columns, cells, strict=False))
            community, grid = _line(named, reader.line_num)
            if grid.code in seen:
                raise _wrong(reader.line_num, f"网格编号 {grid.code} 重复")
            seen.add(grid.code)
            found[community].append(grid)
    except csv.Error as error:
        raise _wrong(reader.line_num, "不是正确的 CSV") from error
    if columns is None:
        raise SettingsError(f"{_SETTING} 的文件是空的")
    return Grids({community: tuple(grids) for community, grids in found.items()})


def _header(cells: list[str]) -> list[str]:
    missing = [name for name in _COLUMNS if name not in cells]
    if missing:
        raise SettingsError(f"{_SETTING} 的文件缺少列 {'、'.join(missing)}")
    return cells


def _line(named: Mapping[str, str], line: int) -> tuple[Community, Grid]:
    code = named.get("community_code", "")
    name = named.get("community") or code
    community = community_of(name)
    if community is None:
        hint = "，编号请在 community 列写上村居名称" if name.isascii() else "，请连同区和镇街一起写"
        raise _wrong(line, f"认不出村居“{name[:30]}”{hint}")
    grid = Grid(named.get("grid_code", ""), named.get("grid_name", ""), named.get("officer", ""))
    if not grid.code or len(grid.code) > 60:
        raise _wrong(line, "网格编号为 1 到 60 个字")
    return community, grid


def _wrong(line: int, words: str) -> SettingsError:
    return SettingsError(f"{_SETTING} 的文件第 {line} 行：{words}")
