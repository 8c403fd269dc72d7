"""What a release must hold: one version, bounded dependencies, and their licences named."""

from __future__ import annotations

import ast
import re
from importlib import metadata
from typing import TYPE_CHECKING, Any

import tomllib
from packaging.requirements import Requirement

import wakeful_collector
import wakeful_wire

if TYPE_CHECKING:
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


def noticed(root: Path) -> dict[str, str]:
    """Return the licence that NOTICE names for each dependency: lines `- name: licence`."""
    rows = re.findall(r"^- ([A-Za-z0-9_.-]+): (.+)$", (root / "NOTICE").read_text("ascii"), re.MULTILINE)
    return {canonical(name): licence for name, licence in rows}


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


def test_every_dependency_is_imported(root: Path, modules: list[Path]) -> None:
    imported = set()
    for file in modules:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").split(".")[0])
    wanted = set(requirements(root)) - {OWN} - set(LOADED_BY_NAME)
    unused = sorted(name for name in wanted if IMPORT_NAMES.get(name, name) not in imported)
    assert not unused, f"declared but never imported: {unused}"


def test_notice_names_every_dependency_and_nothing_else(root: Path) -> None:
    assert set(noticed(root)) - PAGE_ASSETS == set(requirements(root)) - {OWN}
    assert set(noticed(root)) >= PAGE_ASSETS


PAGE_ASSETS = {"htmx", "uplot", "inter"}
"""What the page brings beside Python: fetched when the collector is installed, never committed."""


def test_the_licence_in_notice_is_the_one_the_package_declares(root: Path) -> None:
    stated = noticed(root)
    for name in sorted(set(requirements(root)) - {OWN}):
        try:
            facts = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            assert name in LOADED_BY_NAME, f"{name} is not installed"
            continue
        classified = [line.rpartition(" :: ")[2] for line in facts.get_all("Classifier", []) if "License ::" in line]
        declared = facts.get("License-Expression") or facts.get("License") or " ".join(classified)
        first = stated[name].split(" ")[0].split("-")[0]
        assert first.lower() in declared.lower(), f"{name}: NOTICE says {stated[name]}, it says {declared[:80]}"


def test_the_licence_is_apache(root: Path) -> None:
    assert "Apache License" in (root / "LICENSE").read_text("ascii")
    assert {project["license"] for project in projects(root).values()} == {"Apache-2.0"}


def test_packaging_is_data_only(root: Path) -> None:
    assert not (root / "packaging" / "__init__.py").exists()
