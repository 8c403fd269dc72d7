"""The reference in docs/ is what the code says now, and says so when it is not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wakeful_agent import meters
from wakeful_collector.rooms import REGISTRY
from wakeful_wire.names import METRICS

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).parents[2]
WRITE = ROOT / "packaging" / "reference" / "write.py"


def write(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, str(WRITE), *words], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def tables() -> ModuleType:
    """The module that makes tables."""
    sys.path.insert(0, str(WRITE.parent))
    try:
        import tables
    finally:
        sys.path.remove(str(WRITE.parent))
    return tables


@pytest.fixture(scope="module")
def words() -> ModuleType:
    """The module that says schemas in words."""
    sys.path.insert(0, str(WRITE.parent))
    try:
        import schema_words
    finally:
        sys.path.remove(str(WRITE.parent))
    return schema_words


def test_what_is_committed_is_what_the_code_says() -> None:
    checked = write("--check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_stale_page_a_missing_one_and_one_left_over_are_told(tmp_path: Path) -> None:
    (tmp_path / "proxmox").mkdir()
    assert write("--docs", str(tmp_path)).returncode == 0
    metrics = tmp_path / "reference" / "metrics.md"
    metrics.write_text(metrics.read_text().replace("Load average over 1 minute", "Load"))
    (tmp_path / "reference" / "routes.md").unlink()
    (tmp_path / "reference" / "of-yesterday.md").write_text("# Gone\n")
    checked = write("--docs", str(tmp_path), "--check")
    assert checked.returncode == 1
    told = set(re.findall(r"docs/(\S+\.md)", checked.stdout))
    assert told == {"reference/metrics.md", "reference/routes.md", "reference/of-yesterday.md"}
    assert "Load average over 1 minute." not in metrics.read_text(), "a check writes nothing"


def test_every_meter_metric_and_operation_has_its_place() -> None:
    reference = ROOT / "docs" / "reference"
    measured = (reference / "meters.md").read_text()
    names = [*(meter.name for meter in meters.METERS), *(entry.name for entry in meters.OPTIONAL)]
    assert [name for name in names if f"\n## {name}\n" not in measured] == []
    # Each metric of a meter stands in its list there: what nobody gives is no metric.
    given = measured + " ".join(
        name for name in METRICS if name.startswith(("watch.", "recovery.", "proxmox.subject."))
    )
    assert [name for name in METRICS if name not in given] == []
    done = (reference / "operations.md").read_text()
    assert [one.name for one in REGISTRY if f"\n### {one.name}\n" not in done] == []


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a | b", "a \\| b"),
        ("`a|b` and *c*", "`a\\|b` and \\*c\\*"),
        ("two\n lines <b>", "two lines &lt;b>"),
        ("`<kept>`", "`<kept>`"),
    ],
)
def test_a_cell_holds_what_it_was_given_as_text(tables: ModuleType, text: str, cell: str) -> None:
    assert tables.cell(text) == cell


def test_a_column_without_a_word_is_left_out(tables: ModuleType) -> None:
    assert (
        tables.table(("a", "b", "c"), [("1", "", "3"), ("4", "", "")]) == "| a | c |\n| --- | --- |\n| 1 | 3 |\n| 4 | |"
    )
    assert tables.table(("a",), []) == ""


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "integer", "minimum": 1, "maximum": 65535}, "whole number, 1 to 65,535"),
        ({"type": ["string", "null"], "minLength": 1, "maxLength": 64}, "text of 1 to 64 characters or null"),
        ({"type": "string", "enum": ["a", "b"]}, "`a`, `b`"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Host"}}, "list of [Host](#host)"),
        ({"anyOf": [{"type": "number", "minimum": 0}, {"const": "all"}]}, "number, 0 or more or `all`"),
        ({"type": "object", "properties": {"at": {"type": "boolean"}}}, "object of `at`: true or false"),
        ({}, "anything"),
    ],
)
def test_a_schema_is_said_in_words(words: ModuleType, schema: dict[str, object], said: str) -> None:
    assert words.words(schema) == said
