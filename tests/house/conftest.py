"""The repository as the house rules see it: every file that is or would be committed."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def listed(*patterns: str) -> list[Path]:
    """Return the files git knows or would add that match one of the patterns, without captured fixtures."""
    command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z", "--", *patterns]
    names = subprocess.run(command, capture_output=True, check=True, text=True).stdout.split("\0")
    files = (ROOT / name for name in names if name and not name.startswith("tests/fixtures/"))
    return sorted({file for file in files if file.is_file()})


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def files() -> list[Path]:
    """Every file of the repository."""
    found = listed()
    assert len(found) > 50, "git does not list the repository's files"
    return found


@pytest.fixture(scope="session")
def python_files() -> list[Path]:
    """Every Python file of the repository."""
    return listed("*.py")


@pytest.fixture(scope="session")
def modules(python_files: list[Path]) -> list[Path]:
    """Every module of the two distributions."""
    return [file for file in python_files if "src" in file.relative_to(ROOT).parts]


@pytest.fixture(scope="session")
def docs() -> dict[Path, str]:
    """Every text for people by its file: docs/, README, CHANGELOG, CONTRIBUTING, NOTICE."""
    return {file: file.read_text(encoding="utf-8") for file in [*listed("*.md"), ROOT / "NOTICE"]}


@pytest.fixture(scope="session")
def user_docs(docs: dict[Path, str]) -> str:
    """All of docs/ (without the decision records) and the README as one text."""
    pages = [text for file, text in docs.items() if "decisions" not in file.parts and "docs" in file.parts]
    return "\n".join([*pages, docs[ROOT / "README.md"]])


@pytest.fixture(scope="session")
def written_docs(docs: dict[Path, str]) -> str:
    """What of docs/ is written by hand, the decision records aside: where things are explained, not only listed."""
    made = {"decisions", "reference"}
    return "\n".join(text for file, text in docs.items() if "docs" in file.parts and not made & set(file.parts))
