"""The YAML of the dispatch rules: read strictly, so that a slip is named and never ignored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml

from bot import vocabulary
from intake.dispatch.patterns import BadWord, Word, read_word
from intake.dispatch.places import ground, official_communities, official_district, official_town
from intake.dispatch.rules import Actions, Conditions, Hours, Rule, RuleSet, all_codes

MAX_TEXT = 100_000
MAX_RULES = 300
MAX_WORDS = 100
MAX_NAME = 60
_HOURS = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)\s*[-–—~～至]\s*([01]?\d|2[0-4]):([0-5]\d)")
_RULE_KEYS = ("name", "when", "then")
_CODES = ("department", "platform", "appeal_type", "channel")
_PLACES = ("district", "town", "community")
_FLAGS = ("urgent", "working_day")
_WHEN_KEYS = (*_CODES, *_PLACES, *_FLAGS, "hours", "words")
_THEN_KEYS = ("department", "co_departments", "platform", "handling_mode", "urgent", "hold")


class RuleError(Exception):
    """The rules cannot be used. ``rule``: which one; ``field``: what of it; both may be None."""

    def __init__(self, message: str, rule: str | None = None, field: str | None = None) -> None:
        where = "，".join(
            part
            for part in (f"规则“{rule}”" if rule else "", f"字段 {field}" if field else "")
            if part
        )
        super().__init__(f"{where}：{message}" if where else message)
        self.rule = rule
        self.field = field


def compile_rules(text: str) -> RuleSet:
    """The rules of a YAML text.

    Raises:
        RuleError: what is wrong first, with rule and field.
    """
    data = _parsed(text)
    if not isinstance(data, Mapping) or set(data) != {"rules"}:
        raise RuleError("最外层应只有一项 rules", field="rules")
    rows = data["rules"] if data["rules"] is not None else []
    if not isinstance(rows, list):
        raise RuleError("应为规则的列表，每条以“- name:”开头", field="rules")
    if len(rows) > MAX_RULES:
        raise RuleError(f"规则太多，最多 {MAX_RULES} 条", field="rules")
    rules: list[Rule] = []
    for number, row in enumerate(rows, 1):
        rule = _rule(row, number)
        for earlier in rules:
            if earlier.name == rule.name:
                raise RuleError("有两条规则叫这个名字", rule.name, "name")
            if earlier.when.covers(rule.when):
                words = f"永远轮不到它：前面的规则“{earlier.name}”已经包括了它的全部情形"
                raise RuleError(words, rule.name, "when")
        rules.append(rule)
    return RuleSet(tuple(rules))


def _rule(row: Any, number: int) -> Rule:
    place = f"第 {number} 条"
    if not isinstance(row, Mapping):
        raise RuleError("应有 name、when、then 三项", place)
    name = row.get("name")
    if not isinstance(name, str) or not name.strip():
        raise RuleError("每条规则都要有名字", place, "name")
    name = name.strip()
    if len(name) > MAX_NAME or not name.isprintable():
        raise RuleError(f"名字最多 {MAX_NAME} 个字，写在一行里", place, "name")
    _check_keys(row, _RULE_KEYS, name)
    if "then" not in row:
        raise RuleError("没有写怎么办；照提交时的部门办就写 then: {}", name, "then")
    return Rule(name, _conditions(_object(row, "when", name), name), _actions(row, name))


def _conditions(row: Mapping[str, Any], rule: str) -> Conditions:
    _check_keys(row, _WHEN_KEYS, rule)
    values = {name: _codes(row[name], rule, name) for name in _CODES if name in row}
    values |= {name: _places(row[name], rule, name) for name in _PLACES if name in row}
    flags = {name: _flag(row[name], rule, name) for name in _FLAGS if name in row}
    hours = _hours(row["hours"], rule) if "hours" in row else None
    words = _words(row["words"], rule) if "words" in row else ()
    _check_possible(values, rule)
    return Conditions(values, flags, hours, words)


def _actions(row: Mapping[str, Any], rule: str) -> Actions:
    then = _object(row, "then", rule)
    _check_keys(then, _THEN_KEYS, rule)
    department = _code(then, "department", vocabulary.departments(), rule)
    others: tuple[str, ...] | None = None
    if "co_departments" in then:
        known = vocabulary.departments()
        others = tuple(dict.fromkeys(_listed(then["co_departments"], rule, "co_departments", 20)))
        for code in others:
            if code not in known:
                raise RuleError(f"没有“{code}”这个部门编号", rule, "co_departments")
        if department in others:
            raise RuleError("主办部门不能同时是协办部门", rule, "co_departments")
    return Actions(
        department=department,
        co_departments=others,
        platform=_code(then, "platform", vocabulary.platforms(), rule),
        handling_mode=_code(then, "handling_mode", vocabulary.handling_modes(), rule),
        urgent=_flag(then["urgent"], rule, "urgent") if "urgent" in then else None,
        hold=_flag(then["hold"], rule, "hold") if "hold" in then else False,
    )


def _codes(value: Any, rule: str, name: str) -> frozenset[str]:
    known = all_codes(name) or frozenset()
    found = _listed(value, rule, name, len(known))
    for code in found:
        if code not in known:
            raise RuleError(f"没有“{code}”这个编号", rule, name)
    return frozenset(found)


def _places(value: Any, rule: str, name: str) -> frozenset[str]:
    meant: Mapping[str, Callable[[str], Iterable[str]]] = {
        "district": lambda text: filter(None, [official_district(text)]),
        "town": lambda text: filter(None, [official_town(text)]),
        "community": official_communities,
    }
    found: set[str] = set()
    for text in _listed(value, rule, name, 1000):
        names = set(meant[name](text))
        if not names:
            raise RuleError(f"没有“{text}”这个地方", rule, name)
        found |= names
    return frozenset(found)


def _check_possible(values: Mapping[str, frozenset[str]], rule: str) -> None:
    """Conditions that no case can meet together are a slip."""
    if not any(
        all(place[level] in values.get(name, {place[level]}) for level, name in enumerate(_PLACES))
        for place in ground().places
    ):
        raise RuleError("这些区、镇街、村居不在一处，没有诉求能同时符合", rule, "town")
    platforms = values.get("platform")
    departments = values.get("department")
    if platforms and departments:
        known = vocabulary.departments()
        if not any(known[code].platform in platforms for code in departments):
            raise RuleError("这些部门都不在所写的平台，没有诉求能同时符合", rule, "platform")


def _words(value: Any, rule: str) -> tuple[Word, ...]:
    try:
        return tuple(read_word(text) for text in _listed(value, rule, "words", MAX_WORDS))
    except BadWord as error:
        raise RuleError(str(error), rule, "words") from error


def _hours(value: Any, rule: str) -> Hours:
    match = _HOURS.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise RuleError('时段应写成 "22:00-06:00"，要加引号', rule, "hours")
    first, second, third, fourth = map(int, match.groups())
    start, end = first * 60 + second, third * 60 + fourth
    if start >= 24 * 60 or end > 24 * 60 or start == end:
        raise RuleError("时段的起止时间不对", rule, "hours")
    return Hours(start, end)


def _listed(value: Any, rule: str, name: str, most: int) -> list[str]:
    """One text or a list of texts, not empty."""
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise RuleError("应为文字，或者文字的列表", rule, name)
    if not found:
        raise RuleError("列表是空的", rule, name)
    if len(found) > most:
        raise RuleError(f"太多，最多 {most} 个", rule, name)
    return found


def _flag(value: Any, rule: str, name: str) -> bool:
    if not isinstance(value, bool):
        raise RuleError("应为 true 或 false", rule, name)
    return value


def _code(row: Mapping[str, Any], name: str, known: Any, rule: str) -> str | None:
    if name not in row:
        return None
    value = row[name]
    if not isinstance(value, str) or value not in known:
        raise RuleError(f"没有“{str(value)[:40]}”这个编号", rule, name)
    return value


def _object(row: Mapping[str, Any], name: str, rule: str) -> Mapping[str, Any]:
    value = row.get(name)
    if value is None and name == "when":
        return {}
    if not isinstance(value, Mapping):
        raise RuleError(f"{name} 应为若干行“字段: 值”", rule, name)
    return value


def _check_keys(row: Mapping[Any, Any], known: tuple[str, ...], rule: str) -> None:
    for key in row:
        if key not in known:
            raise RuleError(f"没有这个字段；可以写的是 {'、'.join(known)}", rule, str(key)[:40])


class _Loader(yaml.SafeLoader):
    """YAML without references, whose expansion has no bound, and without a key given twice."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark
            raise yaml.MarkedYAMLError(problem="这里不能用 * 引用", problem_mark=mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                problem = f"“{key.value[:40]}”写了两次"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def _parsed(text: str) -> Any:
    if len(text) > MAX_TEXT:
        raise RuleError(f"规则太长，最多 {MAX_TEXT} 个字符")
    try:
        return yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"第 {mark.line + 1} 行" if mark else "某处"
        own = str(getattr(error, "problem", "") or "")
        words = own if own and not own.isascii() else "格式不对，请检查缩进、冒号和引号"
        raise RuleError(f"{line}：{words}") from error
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        # PyYAML lets these out for a value that is not of the kind its tag or form says.
        raise RuleError("有一个值的写法不对，请给它加上引号") from error
    except RecursionError as error:
        raise RuleError("括号套得太深") from error
