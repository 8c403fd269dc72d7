"""What a release must hold: one version, bounded dependencies, and their licences named."""

from __future__ import annotations

import ast
import re
import sys
from importlib import metadata
from typing import TYPE_CHECKING, Any

import pytest
import tomllib
from packaging.requirements import Requirement

import wakeful_collector
import wakeful_wire

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

OWN = "wakeful-agent"
IMPORT_NAMES = {
    "websocket-client": "websocket",
    "argon2-cffi": "argon2",
    "gunicorn-h1c": "gunicorn_h1c",
    "prompt-toolkit": "prompt_toolkit",
    "python-dotenv": "dotenv",
    "pyyaml": "yaml",
    "sqlite-utils": "sqlite_utils",
}
LOADED_BY_NAME = {
    "gunicorn-h1c": "gunicorn's setting http_parser loads it, where it is there",
    "tomli": "import_module loads it, where the standard library has no tomllib",
}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def projects(root: Path) -> dict[str, dict[str, Any]]:
    halves = ("agent", "collector")
    return {half: tomllib.loads((root / half / "pyproject.toml").read_text("ascii"))["project"] for half in halves}


def requirements(root: Path) -> dict[str, Requirement]:
    lines = [line for project in projects(root).values() for line in project["dependencies"]]
    for project in projects(root).values():
        lines += [line for extra in project.get("optional-dependencies", {}).values() for line in extra]
    return {canonical(requirement.name): requirement for requirement in map(Requirement, lines)}


def noticed(root: Path) -> dict[str, dict[str, str]]:
    """Return the licence that NOTICE names for each library (lines `- name: licence`), heading by heading."""
    found: dict[str, dict[str, str]] = {}
    heading = ""
    for line in (root / "NOTICE").read_text("ascii").splitlines():
        if row := re.fullmatch(r"- ([A-Za-z0-9_.-]+): (.+)", line):
            found.setdefault(heading, {})[canonical(row[1])] = row[2]
        elif line and not line.endswith("."):
            heading = line
    return found


def pinned(root: Path) -> set[str]:
    """Return every library that gets into a package or bundle."""
    lists = ("packaging/packages/requirements-collector.txt", "packaging/freeze/requirements-bundle.txt")
    return {
        canonical(name)
        for one in lists
        for name in re.findall(r"^([A-Za-z0-9._-]+)==", (root / one).read_text("ascii"), re.MULTILINE)
    }


def test_both_halves_have_one_version() -> None:
    assert wakeful_collector.__version__ == wakeful_wire.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+", wakeful_wire.__version__)


def test_the_changelog_tells_of_this_version(root: Path) -> None:
    changelog = (root / "CHANGELOG.md").read_text("ascii")
    assert re.search(rf"^## \[?{re.escape(wakeful_wire.__version__)}\b", changelog, re.MULTILINE)


def test_every_dependency_has_a_range(root: Path) -> None:
    for name, requirement in requirements(root).items():
        if name == OWN:
            continue
        operators = {specifier.operator for specifier in requirement.specifier}
        assert operators & {">=", "~="}, f"{name} has no lower bound"
        assert operators & {"<", "~="}, f"{name} has no upper bound"


def test_development_tools_have_ranges_too(root: Path) -> None:
    lines = (root / "requirements-dev.txt").read_text("ascii").splitlines()
    tools = [Requirement(line) for line in lines if line and not line.startswith("#")]
    assert tools
    assert all(tool.specifier for tool in tools)


def imported(files: Iterable[Path]) -> set[str]:
    """Return the names of all packages that files import."""
    found = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add((node.module or "").split(".")[0])
    return found


def test_every_dependency_is_imported(root: Path, modules: list[Path]) -> None:
    wanted = set(requirements(root)) - {OWN} - set(LOADED_BY_NAME)
    used = imported(modules)
    unused = sorted(name for name in wanted if IMPORT_NAMES.get(name, name) not in used)
    assert not unused, f"declared but never imported: {unused}"


@pytest.mark.parametrize("half", ["agent", "collector"])
def test_every_import_is_declared(root: Path, modules: list[Path], half: str) -> None:
    """What only comes along with something else goes away with it."""
    declared = {
        canonical(Requirement(line).name)
        for other in {"agent": ("agent",), "collector": ("agent", "collector")}[half]
        for line in projects(root)[other]["dependencies"]
    }
    known = {IMPORT_NAMES.get(name, name) for name in declared} | {"wakeful_agent", "wakeful_wire", f"wakeful_{half}"}
    files = [file for file in modules if file.relative_to(root).parts[0] == half]
    assert len(files) > 100
    foreign = imported(files) - set(sys.stdlib_module_names)
    assert foreign <= known, f"imported but not declared: {sorted(foreign - known)}"


def test_notice_names_every_dependency_and_nothing_else(root: Path) -> None:
    stated = noticed(root)
    direct = set(stated["Agent"]) | set(stated["Collector"])
    assert direct == set(requirements(root)) - {OWN}
    assert set(stated["What these bring along"]) == pinned(root) - direct
    assert set(stated[PAGE]) == {"htmx", "uplot", "inter"}
    bundled = {"python": "python3.13", "xz": "xz-utils"}
    built = set(re.findall(r"^(\S+) ", (root / "packaging/freeze/sources.txt").read_text("ascii"), re.MULTILINE))
    named = {bundled.get(name, name) for name in stated["The frozen agent"]} - {"pyinstaller"}
    assert named == {name for name in built if not name.startswith("#")} - {"libffi"}


PAGE = "Scripts, styles and fonts of the page"
"""What the page brings beside Python: fetched when the collector is installed, never committed."""


def test_the_licence_in_notice_is_the_one_the_package_declares(root: Path) -> None:
    stated = noticed(root)
    compared = 0
    for name, licence in sorted({**stated["Agent"], **stated["Collector"], **stated["What these bring along"]}.items()):
        try:
            facts = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            # What a library brings along may be another thing in its next version.
            assert name in LOADED_BY_NAME or name in stated["What these bring along"], f"{name} is not installed"
            continue
        classified = [line.rpartition(" :: ")[2] for line in facts.get_all("Classifier", []) if "License ::" in line]
        declared = facts.get("License-Expression") or facts.get("License") or " ".join(classified)
        first = licence.split(" ")[0].split("-")[0]
        assert first.lower() in declared.lower(), f"{name}: NOTICE says {licence}, it says {declared[:80]}"
        compared += 1
    assert compared > 30


def test_the_licence_is_apache(root: Path) -> None:
    assert "Apache License" in (root / "LICENSE").read_text("ascii")
    assert {project["license"] for project in projects(root).values()} == {"Apache-2.0"}


def test_packaging_is_data_only(root: Path) -> None:
    assert not (root / "packaging" / "__init__.py").exists()
