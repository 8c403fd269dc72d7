"""The pages keep to the content security policy: nothing inline, nothing from elsewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

INLINE = (
    (re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.I), "an inline script"),
    (re.compile(r"<style\b", re.I), "an inline style sheet"),
    (re.compile(r"<[^>]+\sstyle\s*=", re.I), "a style attribute"),
    (re.compile(r"<[^>]+\son[a-z]+\s*=", re.I), "an event attribute"),
    (re.compile(r"javascript:", re.I), "a script address"),
    (re.compile(r"\bhx-on[:-]", re.I), "an inline htmx handler"),
)
UNESCAPED = (
    (re.compile(r"\|\s*safe\b"), "text marked as safe"),
    (re.compile(r"\bautoescape\s+false", re.I), "escaping switched off"),
)
ELSEWHERE = re.compile(
    r"""(?:src|href|action|url\(|@import|fetch\(|poster|srcset)\s*=?\s*["'(]?\s*(?:https?:)?//""", re.I
)
ALLOWED = re.compile(r"http://www\.w3\.org/")


def markup(template: str) -> str:
    """Return a template without what Jinja takes out of it."""
    return re.sub(r"{{.*?}}|{%.*?%}|{#.*?#}", "", template, flags=re.DOTALL)


def web(files: list[Path], *kinds: str) -> list[Path]:
    places = {"web", "integrations"}
    found = [file for file in files if places & {*file.parts} and file.suffix in kinds and "vendor" not in file.parts]
    assert found, f"no {kinds} in web/"
    return found


def test_templates_hold_nothing_inline(files: list[Path]) -> None:
    found = [
        f"{file.name}: {what}: {hit[0][:60]}"
        for file in web(files, ".html", ".svg")
        for pattern, what in INLINE
        for hit in pattern.finditer(markup(file.read_text(encoding="ascii")))
    ]
    found += [
        f"{file.name}: {what}"
        for file in web(files, ".html")
        for pattern, what in UNESCAPED
        if pattern.search(file.read_text(encoding="ascii"))
    ]
    assert not found, "\n".join(found)


def test_nothing_comes_from_elsewhere(files: list[Path]) -> None:
    found = [
        f"{file.name}: {line.strip()[:80]}"
        for file in web(files, ".html", ".css", ".js", ".svg")
        for line in file.read_text(encoding="ascii").splitlines()
        if ELSEWHERE.search(ALLOWED.sub("", line))
    ]
    assert not found, "\n".join(found)


def test_scripts_do_not_make_code_or_markup_of_text(files: list[Path]) -> None:
    danger = re.compile(r"\beval\(|new Function\(|\.innerHTML\s*=|\.outerHTML\s*=|insertAdjacentHTML|document\.write")
    found = [
        f"{file.name}: {line.strip()[:80]}"
        for file in web(files, ".js")
        for line in file.read_text(encoding="ascii").splitlines()
        if danger.search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    "line", ['<a href="https://x.example/">', "url(//x.example/a.woff)", '<script src="http://x.example/a.js">']
)
def test_the_rule_of_elsewhere_itself(line: str) -> None:
    assert ELSEWHERE.search(line)
