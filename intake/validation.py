"""From what a caller sent to a valid :class:`~intake.cases.NewCase`, or words on what is wrong."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from bot import vocabulary
from bot.case_id import canonical
from intake.cases import Address, Contact, NewCase
from intake.text import clean

CHANNELS = tuple(vocabulary.channels())
MAX_DESCRIPTION = 10_000
MAX_DETAIL = 500
MAX_SHORT = 200
MAX_REDACTIONS = 200
MAX_MEDIA = 4000
# People write (0757)8222-2222 and 82222222转801 too.
_PHONE = re.compile(r"[+(]?[0-9][0-9()\- 转,]{3,24}")


@dataclass(frozen=True)
class Problem:
    """One wrong field and, in Chinese, what is wrong with it."""

    field: str
    message: str


class InvalidCase(Exception):
    """The appeal cannot be filed as sent. ``problems`` names every wrong field."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("；".join(problem.message for problem in problems))
        self.problems = problems


class Checker:
    """Reads typed fields from a mapping and collects problems instead of stopping at the first."""

    def __init__(self, data: Mapping[str, Any], prefix: str = "") -> None:
        self.data = data
        self.prefix = prefix
        self.problems: list[Problem] = []

    def wrong(self, name: str, message: str) -> None:
        self.problems.append(Problem(self.prefix + name, message))

    def text(self, name: str, label: str, longest: int, required: bool = False) -> str | None:
        """Words, cleaned and stripped; None when absent, null or blank."""
        value = self.data.get(name)
        if value is not None and not isinstance(value, str):
            self.wrong(name, f"{label}应为文字")
            return None
        value = clean(value or "").strip()
        if len(value) > longest:
            self.wrong(name, f"{label}太长，最多 {longest} 个字")
            return None
        if required and not value:
            self.wrong(name, f"请填写{label}")
        return value or None

    def code(self, name: str, label: str, known: Any, default: str | None = None) -> str | None:
        """A code out of ``known``; ``default`` when absent or null, which None forbids."""
        value = self.data.get(name)
        if value is None and default is not None:
            return default or None
        if not isinstance(value, str) or value not in known:
            self.wrong(name, f"请填写{label}" if value is None else f"没有这个{label}编号")
            return None
        return value

    def codes(self, name: str, label: str, known: Any) -> tuple[str, ...]:
        """Codes out of ``known``, each once; none when absent or null."""
        value = self.data.get(name)
        if value is None:
            return ()
        if not isinstance(value, list | tuple):
            self.wrong(name, f"{label}应为编号的列表")
            return ()
        if not all(isinstance(code, str) and code in known for code in value):
            self.wrong(name, f"没有这个{label}编号")
            return ()
        return tuple(dict.fromkeys(value))

    def flag(self, name: str, label: str) -> bool:
        value = self.data.get(name, False)
        if not isinstance(value, bool):
            self.wrong(name, f"{label}应为 true 或 false")
            return False
        return value

    def degrees(self, name: str, label: str, limit: float) -> float | None:
        """Degrees between ±limit, WGS 84, or None."""
        value = self.data.get(name)
        if value is None:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not abs(value) <= limit or not math.isfinite(value):
            self.wrong(name, f"{label}应为 -{limit:g} 到 {limit:g} 之间的数字")
            return None
        return float(value)

    def phone(self, name: str) -> str | None:
        """A phone number in ASCII digits, with at least four of them."""
        value = self.text(name, "联系电话", 40)
        if value is None:
            return None
        value = unicodedata.normalize("NFKC", value).strip()
        if not _PHONE.fullmatch(value) or sum(c.isdigit() for c in value) < 4:
            self.wrong(name, "联系电话格式不对，请填写数字")
            return None
        return value


def parse_new_case(data: Any) -> NewCase:
    """Check the JSON body of ``POST /api/v1/cases``.

    Args:
        data: the parsed body, shaped as in :mod:`intake.api.schemas`. Unknown fields are
            ignored, so that a newer caller can talk to an older service.

    Raises:
        InvalidCase: with every problem found.
    """
    if not isinstance(data, Mapping):
        raise InvalidCase([Problem("", "请求内容应为一个 JSON 对象")])
    check = Checker(data)
    description = check.text("description", "诉求内容", MAX_DESCRIPTION, required=True)
    department = check.code("department", "部门", vocabulary.departments())
    appeal_type = check.code("appeal_type", "诉求类型", vocabulary.appeal_types())
    channel = check.code("channel", "渠道", CHANNELS)
    mode = check.code("handling_mode", "办理方式", vocabulary.handling_modes(), default="")
    address = _address(check)
    lat = check.degrees("lat", "纬度", 90)
    long = check.degrees("long", "经度", 180)
    if (lat is None) != (long is None) and not check.problems:
        check.wrong("lat", "经度和纬度要一起填写")
    new = NewCase(
        description=description or "",
        department=department or "",
        appeal_type=appeal_type or "",
        channel=channel or "",
        urgent=check.flag("urgent", "是否紧急"),
        handling_mode=mode,
        address=address,
        lat=lat,
        long=long,
        citizen=check.text("citizen", "市民标识", MAX_SHORT),
        contact=Contact(
            phone=check.phone("contact_phone"),
            name=check.text("contact_name", "联系人", MAX_SHORT),
            email=check.text("contact_email", "邮箱", MAX_SHORT),
        ),
        redactions=_redactions(check),
        occurred=check.text("occurred", "发生时间", MAX_SHORT),
        co_departments=_co_departments(check),
        media_url=_media_url(check),
        parent_id=_parent_id(check),
    )
    if check.problems:
        raise InvalidCase(check.problems)
    return new


def _address(check: Checker) -> Address:
    value = check.data.get("address")
    if value is None:
        return Address()
    if not isinstance(value, Mapping):
        check.wrong("address", "地址应为一个对象")
        return Address()
    inner = Checker(value, "address.")
    labels = ("区", "镇街", "村居", "网格", "详细地址")
    levels = {
        level.name: inner.text(
            level.name, label, MAX_DETAIL if level.name == "detail" else MAX_SHORT
        )
        for level, label in zip(fields(Address), labels, strict=True)
    }
    check.problems += inner.problems
    return Address(**levels)


def _redactions(check: Checker) -> tuple[tuple[str, str], ...]:
    value = check.data.get("redactions")
    if value is None:
        return ()
    fits = isinstance(value, list) and len(value) <= MAX_REDACTIONS and all(map(_is_pair, value))
    if not fits:
        check.wrong("redactions", f"redactions 应为最多 {MAX_REDACTIONS} 对 [遮盖后, 原文]")
        return ()
    return tuple((clean(masked), clean(clear)) for masked, clear in value)


def _is_pair(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(part, str) and 0 < len(part) <= MAX_SHORT for part in value)
    )


def _co_departments(check: Checker) -> tuple[str, ...]:
    others = check.codes("co_departments", "协办部门", vocabulary.departments())
    # The leading department does not assist itself.
    return tuple(code for code in others if code != check.data.get("department"))


def _parent_id(check: Checker) -> str | None:
    value = check.text("parent_id", "主诉求编号", MAX_SHORT)
    case_id = canonical(value) if value else None
    if value and case_id is None:
        check.wrong("parent_id", "主诉求的编号好像输错了，请核对")
    return case_id


def _media_url(check: Checker) -> str | None:
    value = check.text("media_url", "图片地址", MAX_MEDIA)
    if value is None:
        return None
    urls = value.split()
    if not all(re.fullmatch(r"https?://\S+", url) for url in urls):
        check.wrong("media_url", "图片地址应以 http:// 或 https:// 开头，几个用空格隔开")
        return None
    return " ".join(urls)
