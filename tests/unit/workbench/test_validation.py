"""What is found in examples, and at which line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.vocabulary import appeal_types
from workbench.examples import Example, UnreadableFile, example_files, read_examples
from workbench.grouped_examples import grouped_files, read_grouped
from workbench.validation import Finding, validate

ROOT = Path(__file__).parents[3]
INTENTS = ["report_issue", "greet", "EXTERNAL_case_filed"]
LAMPS = [
    "门口路灯坏了三天", "整条街的路灯都不亮", "公园里垃圾没人扫", "夜宵摊占了人行道",
    "楼下烧烤油烟太大", "有人乱贴小广告", "公厕没有水", "工地半夜打桩",
    "绿化带被人种了菜", "天台违建没人管",
]  # fmt: skip
WAGES = [
    "公司欠我两个月工资", "老板不签劳动合同", "工伤认定拖了半年", "社保断交怎么补",
    "加班没有加班费", "被公司无故辞退", "试用期不给钱", "养老金少发了",
    "工地包工头不发工资", "离职不给证明",
]  # fmt: skip


def write(folder: Path, name: str, blocks: dict[str, list[str]]) -> Path:
    path = folder / "departments" / name
    path.parent.mkdir(exist_ok=True)
    lines = ['version: "3.1"', "nlu:"]
    for label, texts in blocks.items():
        lines += [f"- intent: {label}", "  examples: |", *(f"    - {text}" for text in texts)]
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def found(folder: Path, **options: bool) -> list[Finding]:
    return validate(folder, INTENTS, **options)


def at(findings: list[Finding], kind: str) -> list[tuple[str, int]]:
    return [(finding.path.name, finding.line) for finding in findings if finding.kind == kind]


def test_faults_of_lines(tmp_path: Path) -> None:
    write(
        tmp_path,
        "urban_management.yml",
        {
            "report_issue/urban_management": [
                "路灯坏了",
                "",
                "电话13812345678",
                "/restart",
                "[路灯](place)坏了",
                "路" * 501,
                "路灯坏了",
            ]
        },
    )
    findings = found(tmp_path, faults_only=True)
    assert at(findings, "empty") == [("urban_management.yml", 6)]
    assert at(findings, "personal_data") == [("urban_management.yml", 7)]
    assert at(findings, "command") == [("urban_management.yml", 8)]
    assert at(findings, "markup") == [("urban_management.yml", 9)]
    assert at(findings, "too_long") == [("urban_management.yml", 10)]
    assert at(findings, "duplicate") == [("urban_management.yml", 11)]
    assert all(finding.fault for finding in findings)


def test_the_same_words_under_two_labels(tmp_path: Path) -> None:
    write(tmp_path, "a.yml", {"report_issue/water": ["楼下渠口塞咗"]})
    write(tmp_path, "b.yml", {"report_issue/urban_management": ["路灯坏了", "樓下渠口塞咗"]})
    (conflict,) = [f for f in found(tmp_path, faults_only=True) if f.kind == "conflict"]
    assert (conflict.path.name, conflict.line) == ("b.yml", 6)
    assert "a.yml 第 5 行" in conflict.message


def test_other_signs_are_worth_a_look_only(tmp_path: Path) -> None:
    write(tmp_path, "a.yml", {"greet": ["你好", "你好😊", "你好！"], "report_issue": ["你好？"]})
    findings = [f for f in found(tmp_path) if f.kind in ("duplicate", "conflict")]
    assert [(f.kind, f.line, f.fault) for f in findings] == [
        ("duplicate", 6, False),
        ("duplicate", 7, False),
        ("conflict", 10, False),
    ]


def test_unknown_label_and_too_few(tmp_path: Path) -> None:
    write(tmp_path, "a.yml", {"report_issue/moon": ["月亮不亮"], "greet": ["你好"]})
    findings = found(tmp_path, faults_only=True)
    assert at(findings, "unknown_label") == [("a.yml", 5)]
    short = {finding.message.split()[0] for finding in findings if finding.kind == "too_few"}
    assert {"greet", "report_issue/water"} <= short


def test_a_file_that_is_no_training_data_hides_no_other(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yml", {"report_issue/water": ["水管爆了"]})
    path.write_text(path.read_text() + "  broken: [\n", "utf-8")
    write(tmp_path, "b.yml", {"report_issue/water": ["电话13812345678"]})
    findings = found(tmp_path, faults_only=True)
    assert [name for name, _ in at(findings, "unreadable")] == ["a.yml"]
    assert at(findings, "personal_data") == [("b.yml", 5)]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ("nlu: [", 1),
        ("hello", 1),
        ("nlu:\n- examples: |\n    - 路灯\n", 2),
        ("nlu:\n- intent: greet\n  examples: 你好\n", 3),
        ("nlu:\n- intent: greet\n  examples: |\n    - 你好\n    嗨\n", 5),
    ],
)
def test_unreadable_says_where(tmp_path: Path, content: str, line: int) -> None:
    path = tmp_path / "a.yml"
    path.write_text(content, "utf-8")
    with pytest.raises(UnreadableFile) as caught:
        list(read_examples(path))
    assert caught.value.line == line


def test_wrong_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_bytes("nlu: 路灯".encode("gbk"))
    with pytest.raises(UnreadableFile, match="UTF-8"):
        list(read_examples(path))


@given(st.text(max_size=200))
def test_any_file(tmp_path_factory: pytest.TempPathFactory, content: str) -> None:
    path = tmp_path_factory.mktemp("any") / "a.yml"
    path.write_text(content, "utf-8", errors="replace")
    try:
        assert all(isinstance(example, Example) for example in read_examples(path))
    except UnreadableFile as error:
        assert error.line >= 1


def test_nearly_the_same_under_two_labels(tmp_path: Path) -> None:
    letter = "我家住在市场旁边，下水道堵了一个多月，污水漫到马路上，物业说不归他们管，请派人来疏通"
    write(tmp_path, "a.yml", {"report_issue/water": [letter, *WAGES]})
    write(tmp_path, "b.yml", {"report_issue/urban_management": [*LAMPS, letter + "一下"]})
    assert at(found(tmp_path), "near_duplicate") == [("b.yml", 15)]


def test_a_line_under_the_wrong_label(tmp_path: Path) -> None:
    variants = ["，请处理", "，一直没人管", "，打过电话也没用", "，什么时候能解决"]
    lamps = [lamp + variant for lamp in LAMPS for variant in variants]
    wages = [wage + variant for wage in WAGES for variant in variants]
    write(tmp_path, "a.yml", {"report_issue/urban_management": [*lamps, "老板欠我工资不给"]})
    write(tmp_path, "b.yml", {"report_issue/human_resources": wages})
    findings = found(tmp_path)
    assert ("a.yml", 5 + len(lamps)) in at(findings, "doubtful_label")
    assert not any(finding.fault for finding in findings if finding.kind == "doubtful_label")


def write_groups(nlu: Path, name: str, lines: list[str]) -> Path:
    nlu.mkdir(exist_ok=True)
    path = nlu.parent / name
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def test_the_files_beside_are_checked_too(tmp_path: Path) -> None:
    urgent = [f"    - 第{i}栋着火了" for i in range(20)]
    lines = ["urgent:", "  fire:", *urgent, "    - 第3栋着火了", "    -", "    - 电话13812345678"]
    lines += ["not_urgent:", "  everyday:", "    - 第4栋着火了", f"    - {'路' * 501}"]
    lines += ["often:", "  lamp:", "    - 路灯 (旧) 坏了"]
    write_groups(tmp_path / "nlu", "urgency.yml", lines)
    findings = [
        (finding.kind, finding.line, finding.fault)
        for finding in found(tmp_path / "nlu", faults_only=True)
        if finding.path.name == "urgency.yml"
    ]
    assert findings == [
        ("too_few", 0, True),
        ("duplicate", 23, True),
        ("empty", 24, True),
        ("personal_data", 25, True),
        ("conflict", 28, True),
        ("too_long", 29, True),
        ("unknown_label", 32, True),
    ]


def test_a_type_without_examples_is_found(tmp_path: Path) -> None:
    write_groups(tmp_path / "nlu", "appeal_types.yml", ["help:", "  lines:", "    - 灯坏了"])
    missing = [f for f in found(tmp_path / "nlu") if f.path.name == "appeal_types.yml"]
    assert {finding.message.split()[0] for finding in missing} == set(appeal_types())
    assert all(finding.kind == "too_few" and finding.fault for finding in missing)


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (["help: ["], 2),
        (["- 灯坏了"], 1),
        (["help:", "  - 灯坏了"], 2),
        (["help:", "  lines: 灯坏了"], 2),
        (["help:", "  lines:", "    - 灯: 坏了"], 3),
        (["help:", "  lines:", "    - 灯坏了", "    - 12345"], 4),
        ([""], 1),
    ],
)
def test_unreadable_groups_say_where(tmp_path: Path, lines: list[str], line: int) -> None:
    path = write_groups(tmp_path / "nlu", "appeal_types.yml", lines)
    with pytest.raises(UnreadableFile) as caught:
        list(read_grouped(path))
    assert caught.value.line == line
    (finding,) = [f for f in found(tmp_path / "nlu") if f.path == path]
    assert (finding.kind, finding.line) == ("unreadable", line)


def test_the_projects_own_examples_have_no_fault() -> None:
    domain = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))
    intents = [name for entry in domain["intents"] for name in entry]
    nlu = ROOT / "data" / "nlu"
    assert len(example_files(nlu)) > 50
    assert [path.name for path in grouped_files(nlu)] == ["appeal_types.yml", "urgency.yml"]
    assert validate(nlu, intents, faults_only=True) == []
