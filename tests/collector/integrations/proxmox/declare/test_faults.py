"""How faults are gathered."""

from __future__ import annotations

from wakeful_collector.integrations.proxmox.declare import yaml_nodes
from wakeful_collector.integrations.proxmox.declare.faults import FAULTS_MAX, Faults
from wakeful_collector.integrations.proxmox.declare.quantities import Unfit


def test_faults_are_bounded_and_harmless_to_show() -> None:
    faults = Faults("a.yaml")
    for at in range(FAULTS_MAX + 5):
        faults.add(at, "spec.\x1b[31m", "is\nbad")
    faults.unknown(1, "spec.x", "x", ["y"])
    assert len(faults.found) == FAULTS_MAX
    assert faults.found[0].message == "is bad"
    assert "\x1b" not in faults.found[0].path


def test_texts_of_lists_are_read_and_what_is_none_is_told() -> None:
    [node] = yaml_nodes.read("[a, [b], ~, c]")
    faults = Faults("a.yaml")
    assert faults.texts(node, "x") == ["a", "c"]
    assert [(one.path, one.message) for one in faults.found] == [("x[1]", "is a list"), ("x[2]", "is missing")]
    [single, nothing, mapping] = yaml_nodes.read("[one, ~, {a: b}]")[0].items
    assert [faults.texts(one, "x") for one in (single, nothing, mapping)] == [["one"], [], []]
    assert faults.found[-1].message == "is a mapping"


def test_what_does_not_fit_keeps_its_hint() -> None:
    faults = Faults("a.yaml")
    faults.unfit(3, "spec.a", Unfit("is odd", "make it even"))
    assert str(faults.found[0]) == "a.yaml:3: spec.a: is odd; make it even"
    assert faults.found[0].document()["hint"] == "make it even"
