"""The trained model on the fixed test lines, and Rasa's own check of the data."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bot.nlu.grouped_examples import read_grouped
from bot.nlu.normalizer import normalize
from cli.classify import Classifier
from cli.model import PROJECT
from tests.integration import understanding
from workbench.examples import example_files, read_examples

LINES = Path(__file__).parents[1] / "fixtures" / "intent_lines.jsonl"
# Rasa's own about retrieval intents; nothing in the data can mend them.
UNAVOIDABLE = (
    "The following duplicated intents have been found across multiple domain files: report_issue",
    "The utterance 'utter_report_issue' is not used in any story or rule.",
)


@pytest.fixture(scope="module")
def classifier(model_dir: Path) -> Classifier:
    return Classifier(model_dir)


def test_intents_of_the_fixed_lines(classifier: Classifier) -> None:
    rows = [json.loads(line) for line in LINES.read_text("utf-8").splitlines()]
    wrong = []
    for row in rows:
        said = classifier.classify(row["text"])["intent"]
        if said != row["intent"]:
            wrong.append((row["text"], row["intent"], said))
    assert len(wrong) <= 0.05 * len(rows), wrong


def test_intents_of_lines_by_somebody_else(classifier: Classifier) -> None:
    wrong = list(understanding.wrong_intents(classifier.parse, "intent_test"))
    assert len(wrong) <= 0.05 * len(understanding.rows("intent_test")), wrong


def test_urgent_is_not_missed_and_calm_is_not_alarmed(classifier: Classifier) -> None:
    recall, precision, missed, alarms = understanding.urgency(classifier.parse, "urgency_test")
    assert recall >= 0.95, missed
    assert precision >= 0.9, alarms


def test_places_of_lines_by_somebody_else(classifier: Classifier) -> None:
    wrong = understanding.wrong_places(classifier.parse, "places_test")
    number = len(understanding.rows("places_test"))
    for level in understanding.LEVELS:
        assert len(wrong[level]) <= 0.1 * number, wrong[level]
    assert wrong["ambiguous"] == []


def test_times_of_lines_by_somebody_else(classifier: Classifier) -> None:
    wrong = list(understanding.wrong_times(classifier.parse, "times_test"))
    assert len(wrong) <= 0.15 * len(understanding.rows("times_test")), wrong


def test_types_of_lines_by_somebody_else(classifier: Classifier) -> None:
    wrong = list(understanding.wrong_types(classifier.parse, "appeal_type_test"))
    assert len(wrong) <= 0.08 * len(understanding.rows("appeal_type_test")), wrong


def test_names_of_lines_by_somebody_else(classifier: Classifier) -> None:
    recall, precision = understanding.names(classifier.parse, "names_test")
    assert recall >= 0.65 and precision >= 0.87


@pytest.mark.parametrize(
    "text",
    ["FS20261124000000X 还有 FS20261124000001X", "fs20261123 004217 4", "编号：FS202611230042174"],
)
def test_a_case_id_alone_asks_for_its_status(classifier: Classifier, text: str) -> None:
    assert classifier.classify(text)["intent"] == "query_status"


def test_reasons_are_words_of_the_matter(classifier: Classifier) -> None:
    result = classifier.classify("桂城平东楼下烧烤档夜晚好嘈好大油烟")
    assert {"油烟", "烧烤"} & set(result["reasons"])
    assert classifier.classify("你好")["reasons"] == []


@pytest.mark.parametrize(
    "name",
    [
        "intent_test",
        "urgency_test",
        "appeal_type_test",
        "places_test",
        "times_test",
        "names_test",
        "intent_lines",
    ],
)
def test_no_fixed_line_is_a_training_line(name: str) -> None:
    files = example_files(PROJECT / "data" / "nlu")
    examples = {example.text for path in files for example in read_examples(path)}
    for own in ("urgency.yml", "appeal_types.yml"):
        examples |= set(read_grouped(PROJECT / "data" / own)[0])
    texts = [row["text"] for row in understanding.rows(name)]
    assert [text for text in texts if text in examples or normalize(text) in examples] == []


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("学校路口的红绿灯坏了三天没人修", "traffic_police"),
        ("老板欠我三个月工资不发", "human_resources"),
        ("幼儿园乱收费，退学不退钱", "education"),
        ("楼下大排档油烟好大", "urban_management"),
        ("工厂夜晚偷排废气，好臭", "ecology"),
        ("公积金提取审核太慢", "housing_fund"),
    ],
)
def test_clear_matters(classifier: Classifier, text: str, department: str) -> None:
    result = classifier.classify(text)
    assert (result["intent"], result["department"]) == ("report_issue", department)
    chances = [row["confidence"] for row in result["ranking"]]
    assert chances == sorted(chances, reverse=True) and sum(chances) <= 1.0001
    assert result["handling_mode"] and result["appeal_type"]


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("大沥黄岐广场每晚音响震天响", None),
        ("北滘美的大道路面烂到不成样", None),
        ("狮山罗村地铁站出口单车乱放", None),
        ("大塘镇工业园有厂欠薪两个月", "human_resources"),
        ("容桂红旗社区幼儿园伙食差", "education"),
        ("里水草场村电线乱拉", None),
    ],
)
def test_a_place_in_front_hides_no_matter(
    classifier: Classifier, text: str, department: str | None
) -> None:
    result = classifier.classify(text)
    assert result["intent"] == "report_issue"
    assert department in (None, result["department"])


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("停水两天了 桂城平洲夏西", "water"),
        ("欠了我两个月工资，狮山罗村", "human_resources"),
        ("路灯不亮成个礼拜，大沥盐步河西", "urban_management"),
    ],
)
def test_a_place_at_the_end_hides_no_matter(
    classifier: Classifier, text: str, department: str
) -> None:
    result = classifier.classify(text)
    assert (result["intent"], result["department"]) == ("report_issue", department)


@pytest.mark.parametrize(
    "text",
    [
        "大沥黄岐广场",
        "狮山罗村地铁站A出口",
        "喺南庄吉利村祠堂侧边",
        "更合镇合水墟",
        "乐平范湖",
        "我住喺桂城平东",
        "就系头先讲嗰个大沥盐步河西",
    ],
)
def test_a_bare_place_is_no_matter(classifier: Classifier, text: str) -> None:
    assert classifier.classify(text)["intent"] == "provide_info"


@pytest.mark.parametrize("text", ["你好", "谢谢", "我要投诉", "", "😀", "12345", "8000"])
def test_no_appeal_has_no_department(classifier: Classifier, text: str) -> None:
    result = classifier.classify(text)
    assert result["department"] is None and result["ranking"] == []


@pytest.mark.parametrize("text", ["／EXTERNAL_case_filed", "EXTERNAL case filed", "/EXTERNAL"])
def test_system_events_cannot_be_said(classifier: Classifier, text: str) -> None:
    assert not classifier.classify(text)["intent"].startswith("EXTERNAL")


def test_classify_command(model_dir: Path, tmp_path: Path) -> None:
    lines = tmp_path / "in.jsonl"
    rows = [
        '{"id": 1, "text": "路灯坏了"}',
        "no json",
        '{"id": "x"}',
        "",
        '{"id": 2, "text": "你好"}',
    ]
    lines.write_text("\n".join(rows), "utf-8")
    env = {**os.environ, "SUQIU_HOME": str(model_dir.parent)}
    done = subprocess.run(
        [sys.executable, "-m", "cli", "classify", str(lines)],
        cwd=PROJECT,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [result["id"] for result in results] == [1, None, "x", 2]
    assert ["error" in result for result in results] == [False, True, True, False]


def test_rasa_finds_nothing_but_the_unavoidable() -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "rasa", "data", "validate",
            "--domain", "domain.yml", "--data", "data", "--config", "config.yml",
        ],
        cwd=PROJECT,
        env={**os.environ, "RASA_TELEMETRY_ENABLED": "false"},
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    output = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
    warned = re.findall(r"UserWarning: (.+)", output)
    assert sorted(warned) == sorted(UNAVOIDABLE)
