"""What the console's server gives: shells, files and their headers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

import console
from bot import vocabulary
from console.pages import PAGES, console_pages
from tests.contract.intake_running import ThreadedIntake, intake_settings

STATIC = Path(console.__file__).parent / "static"
TEMPLATES = Path(console.__file__).parent / "templates"


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    home = tmp_path_factory.mktemp("console")
    running = ThreadedIntake(intake_settings(home), pages=[console_pages()])
    with httpx.Client(base_url=running.url, trust_env=False, timeout=20) as client:
        yield client
    running.close()


@pytest.mark.parametrize(
    "path",
    ["", "/", "/cases/FS20261123004217K", "/login", "/password", "/supervision", "/reports",
     "/rules", "/accounts"],
)  # fmt: skip
def test_pages_are_shells_under_a_strict_policy(http: httpx.Client, path: str) -> None:
    answer = http.get(f"/console{path}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy and "unsafe" not in policy
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\son\w+=|\sstyle=", answer.text)


def test_each_page_has_its_script_and_template() -> None:
    for page in PAGES:
        assert (STATIC / f"{page.name}.js").is_file()
        assert (TEMPLATES / f"{page.name}.html").is_file()


def test_unknown_pages_and_files(http: httpx.Client) -> None:
    missing = http.get("/console/nothing/here")
    assert missing.status_code == 404 and "没有这个页面" in missing.text
    assert missing.headers["x-frame-options"] == "DENY"
    for path in ("/console/static/none.js", "/console/static/%2e%2e/pages.py"):
        answer = http.get(path)
        assert answer.status_code == 404 and "Blueprint" not in answer.text


def test_words_and_files(http: httpx.Client) -> None:
    words = http.get("/console/words.json").json()
    assert [each["code"] for each in words["departments"]] == list(vocabulary.departments())
    assert words["states"]["dispatched"] == "已分流"
    script = http.get("/console/static/cases.js")
    assert "javascript" in script.headers["content-type"]
    assert script.headers["cache-control"] == "no-cache"
    assert script.headers["x-content-type-options"] == "nosniff"


def test_no_service_without_pages_has_a_console(tmp_path: Path) -> None:
    running = ThreadedIntake(intake_settings(tmp_path))
    try:
        assert httpx.get(f"{running.url}/console", trust_env=False).status_code == 404
    finally:
        running.close()


def test_scripts_never_read_markup_and_import_only_each_other() -> None:
    """Citizens' words go in as text; and nothing is fetched from anywhere else."""
    for path in STATIC.glob("*.js"):
        script = path.read_text("utf-8")
        for risky in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
            assert risky not in script, (path.name, risky)
        for imported in re.findall(r'from "([^"]+)"', script):
            assert imported.startswith("./") and (STATIC / imported).is_file(), (path, imported)
        assert not re.search(r"https?://\w", script), path.name
