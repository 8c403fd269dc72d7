"""YAML with its lines: nothing guessed, nothing made, everything bounded."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.declare import yaml_nodes
from wakeful_collector.integrations.proxmox.declare.yaml_nodes import Listing, Mapping, Scalar, YamlUnfit


def test_scalars_stay_as_they_were_written() -> None:
    [found] = yaml_nodes.read("a: no\nb: 012\nc: 1:30\nd: '1'\ne: ~\nf: '~'\n")
    assert isinstance(found, Mapping)
    told = {one.name: (one.value.text, one.value.plain, one.value.is_null) for one in found.entries}
    assert told == {
        "a": ("no", True, False),
        "b": ("012", True, False),
        "c": ("1:30", True, False),
        "d": ("1", False, False),
        "e": ("~", True, True),
        "f": ("~", False, False),
    }
    assert found.get("z") is None


def test_every_node_knows_its_line() -> None:
    [first, second] = yaml_nodes.read("a:\n  - b\n  - c: d\n---\ne: f\n---\n")
    assert isinstance(first.get("a"), Listing)
    assert [one.line for one in first.get("a").items] == [2, 3]
    assert second.get("e").line == 5


def test_aliases_are_followed() -> None:
    [found] = yaml_nodes.read("a: &x {b: 1}\nc: *x\n")
    assert found.get("a") == found.get("c")


def bomb() -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 9)}]" for at in range(1, 12)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a: ]", 1, "not YAML"),
        ("a: 1\na: 2\n", 2, "stands here twice, first in line 1"),
        ("a: *b\n", 1, "of nothing"),
        ("a: &a [*a]\n", 1, "what it stands in"),
        ("a: !!python/object/apply:os.system [id]\n", 1, "tags such as"),
        ("a: !!int 3\n", 1, "tags such as"),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", 3, "merge keys"),
        ("? [a]\n: b\n", 1, "a name must be"),
        ("[" * 40 + "]" * 40, 1, "nested deeper"),
        (bomb(), 6, "more than 100000 values"),
        ("a: \x07\n", 0, "not YAML"),
        ("a: \ud800\n", 0, "not YAML"),
        ("x" * (yaml_nodes.TEXT_CHARACTERS_MAX + 1), 0, "at most"),
        ("a\n---\n" * (yaml_nodes.DOCUMENTS_MAX + 1), 10001, "documents"),
    ],
)
def test_what_is_broken_or_hostile_is_refused_with_its_line(text: str, line: int, message: str) -> None:
    with pytest.raises(YamlUnfit, match=message) as refused:
        yaml_nodes.read(text)
    assert refused.value.line == line


def test_nothing_is_no_document() -> None:
    assert yaml_nodes.read("# only words\n") == []
    assert yaml_nodes.read("") == []
    assert isinstance(yaml_nodes.read("word")[0], Scalar)
