"""Every module has its test twin, so that whoever changes one knows where the other is."""

from __future__ import annotations

import ast
from pathlib import Path

PLACES = {
    "wakeful_agent": Path("tests/agent"),
    "wakeful_wire": Path("tests/wire"),
    "wakeful_collector": Path("tests/collector"),
}
TESTED_WITH = {
    "wakeful_agent/__main__.py": "agent/cli/test_cli.py",
    "wakeful_agent/bootstrap.py": "agent/cli/test_cli.py",
    **{
        f"wakeful_agent/cli/{name}.py": "agent/cli/test_cli.py"
        for name in (
            "check_config",
            "checks",
            "doctor",
            "early",
            "enroll",
            "once",
            "parser",
            "place",
            "probe",
            "run",
            "self_test",
            "show_config",
        )
    },
    **{
        f"wakeful_agent/config/{name}.py": "agent/config/test_loading.py"
        for name in ("document", "errors", "sample", "settings")
    },
    **{f"wakeful_agent/config/{name}.py": "agent/config/test_ordering.py" for name in ("policy", "watching")},
    "wakeful_agent/daemon/ears.py": "agent/daemon/test_daemon.py",
    "wakeful_agent/daemon/events.py": "agent/daemon/test_loop.py",
    "wakeful_agent/daemon/tuned.py": "agent/daemon/test_tuning.py",
    "wakeful_agent/transport/reading.py": "agent/transport/test_sender.py",
    "wakeful_agent/network/tls.py": "agent/network/test_http.py",
}
"""Modules that have no twin of their own because one test file holds them together with what uses them."""


def decides(file: Path) -> bool:
    """Tell whether a module holds functions of its own; a table of contents or a list of names does not."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return any(isinstance(node, kinds) for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))


def twins_of(module: Path) -> list[Path]:
    """Return where the tests of a module (path below src) may stand."""
    place = PLACES[module.parts[0]].joinpath(*module.parts[1:-1])
    if module.name == "__init__.py":
        return [place / f"test_{module.parent.name}.py", place.parent / f"test_{module.parent.name}.py"]
    return [place / f"test_{module.stem.strip('_')}.py"]


def test_every_module_has_its_twin(root: Path, modules: list[Path]) -> None:
    alone = []
    for file in modules:
        module = file.relative_to(next(parent for parent in file.parents if parent.name == "src"))
        twins = twins_of(module)
        if str(module) in TESTED_WITH:
            twins.append(Path("tests") / TESTED_WITH[str(module)])
        if decides(file) and not any((root / twin).exists() for twin in twins):
            alone.append(f"{module} has no {twins[0]}")
    assert not alone, "\n".join(alone)


def test_the_table_of_shared_tests_names_what_there_is(root: Path) -> None:
    for module, test in TESTED_WITH.items():
        assert any((root / half / "src" / module).exists() for half in ("agent", "collector")), module
        assert (root / "tests" / test).exists(), test


def test_every_twin_tests_something(root: Path, python_files: list[Path]) -> None:
    empty = []
    for file in python_files:
        if file.name.startswith("test_") and "tests" in file.relative_to(root).parts:
            tree = ast.parse(file.read_text(encoding="utf-8"))
            tests = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name.startswith("test")]
            empty += (
                [] if tests or "RuleBasedStateMachine" in file.read_text("utf-8") else [str(file.relative_to(root))]
            )
    assert not empty, empty


def test_every_test_can_fail(root: Path, python_files: list[Path]) -> None:
    """A test asserts, expects an error, or calls something of the tests that does."""
    toothless = []
    for file in python_files:
        if not file.name.startswith("test_"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                inner = list(ast.walk(node))
                bites = any(isinstance(part, (ast.Assert, ast.Raise)) for part in inner)
                calls = any(isinstance(part, ast.Call) for part in inner)
                if not bites and not calls:
                    toothless.append(f"{file.relative_to(root)}: {node.name}")
    assert not toothless, "\n".join(toothless)
