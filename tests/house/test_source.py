"""The source is small, plain and excuses nothing without a reason."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
BANNED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}
BINARY = {".png", ".ico", ".woff2", ".gz", ".bin", ".spool"}
# An excuse is a mark for a tool, its code, and after it a dash or a hash with words that say why.
EXCUSES = (
    (re.compile(r"#\s*noqa\b.*"), re.compile(r"#\s*noqa: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)* +[-#] \S+.{8,}")),
    (re.compile(r"#\s*type:\s*ignore\b.*"), re.compile(r"#\s*type: ignore\[[a-z, -]+\] +(# \S+.{4,})")),
    (re.compile(r"#\s*pragma:\s*no cover.*"), re.compile(r"#\s*pragma: no cover +[-#] \S+.{8,}")),
)
# Places that exist on one builder's machine only, and services that a package manager's own settings choose.
FOREIGN = re.compile(
    r"(?:^|[\s\"'`(=:])/wo" + r"rk/|https?://[\w.-]*regist" + r"ry\.|pythonho" + r"sted|/tmp/wake" + r"ful/"
)


def shown(root: Path, found: list[tuple[Path, str]]) -> str:
    return "\n".join(f"{file.relative_to(root)}: {what}" for file, what in found)


def test_source_is_ascii(root: Path, files: list[Path]) -> None:
    found = [(file, "holds other characters") for file in files if not file.read_bytes().isascii() and text_file(file)]
    assert not found, shown(root, found)


def text_file(file: Path) -> bool:
    return file.suffix not in BINARY


def test_no_module_is_long(root: Path, python_files: list[Path]) -> None:
    lengths = [(file, len(file.read_text(encoding="utf-8").splitlines())) for file in python_files]
    found = [
        (file, f"has {lines} lines, at most {MODULE_LINES_MAX}") for file, lines in lengths if lines > MODULE_LINES_MAX
    ]
    assert not found, shown(root, found)


def test_no_function_is_long(root: Path, python_files: list[Path]) -> None:
    found = []
    for file in python_files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    found.append((file, f"{node.name} has {lines} lines, at most {FUNCTION_LINES_MAX}"))
    assert not found, shown(root, found)


def test_no_name_says_nothing(root: Path, python_files: list[Path]) -> None:
    found = [
        (file, "is a name that says nothing")
        for file in python_files
        if BANNED_NAMES & {*file.relative_to(root).with_suffix("").parts}
    ]
    assert not found, shown(root, found)


def test_every_excuse_has_a_reason(root: Path, python_files: list[Path]) -> None:
    found = []
    for file in python_files:
        if file == Path(__file__):
            continue
        for line in file.read_text(encoding="utf-8").splitlines():
            for mark, reasoned in EXCUSES:
                excuse = mark.search(line)
                if excuse and not reasoned.match(excuse[0]):
                    found.append((file, excuse[0]))
    assert not found, shown(root, found)


@pytest.mark.parametrize(
    ("line", "fine"),
    [
        ("# noqa: S105 - a prefix that scanners look for", True),
        ("# noqa: S603, S607 - argv list, fixed program", True),
        ("# noqa: S105", False),
        ("# noqa", False),
        ("# type: ignore[arg-type]  # numpy says so", True),
        ("# type: ignore[arg-type]", False),
        ("# type: ignore", False),
        ("# pragma: no cover - only on a full disk", True),
        ("# pragma: no cover", False),
    ],
)
def test_the_rule_of_excuses_itself(line: str, fine: bool) -> None:
    [[_, reasoned]] = [(mark, reason) for mark, reason in EXCUSES if mark.search(line)]
    assert bool(reasoned.match(line)) is fine


def test_nothing_names_a_builders_machine(root: Path, files: list[Path]) -> None:
    found = []
    for file in files:
        if text_file(file):
            for line in file.read_text(encoding="utf-8").splitlines():
                found += [(file, line.strip()[:100])] if FOREIGN.search(line) else []
    assert not found, shown(root, found)


def test_nothing_is_left_undone(root: Path, files: list[Path]) -> None:
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|NotImplement" + r"edError")
    found = []
    for file in files:
        if file.suffix in {".py", ".sh", ".html", ".js", ".css", ".toml", ".md"}:
            for line in file.read_text(encoding="utf-8").splitlines():
                found += [(file, line.strip()[:100])] if marks.search(line) else []
    assert not found, shown(root, found)


def test_every_module_says_what_it_is(root: Path, modules: list[Path]) -> None:
    found = [
        (file, "has no docstring") for file in modules if not ast.get_docstring(ast.parse(file.read_text("utf-8")))
    ]
    assert not found, shown(root, found)


def test_no_package_reaches_for_anothers_private_name(root: Path, modules: list[Path]) -> None:
    found = []
    for file in modules:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wakeful_"):
                private = [name.name for name in node.names if name.name.startswith("_") and name.name != "__version__"]
                found += [(file, f"imports {name}") for name in private]
    assert not found, shown(root, found)
