"""Declarations read whole: every fault of every file at once, with file, line and path."""

from __future__ import annotations

import textwrap

import pytest

from wakeful_collector.integrations.proxmox.declare import documents
from wakeful_collector.integrations.proxmox.declare.documents import File


def read(*texts: str, clusters: tuple[str, ...] = ("home",), default: str = "") -> documents.Reading:
    files = [File(f"{at}.yaml", textwrap.dedent(text)) for at, text in enumerate(texts)]
    return documents.read(files, clusters, default)


def told(*texts: str) -> list[str]:
    return [str(one) for one in read(*texts).faults]


GOOD = """\
apiVersion: wakeful/v1
kind: VirtualMachine
metadata: {cluster: home, vmid: 101}
spec: {name: web}
"""


def test_files_of_several_documents_are_read() -> None:
    found = read(f"{GOOD}---\n{GOOD.replace('101', '102')}", GOOD.replace("101", "103"))
    assert found.faults == ()
    assert found.documents == 3
    assert [(one.vmid, one.place) for one in found.wishes.guests] == [
        (101, ("0.yaml", 1)),
        (102, ("0.yaml", 6)),
        (103, ("1.yaml", 1)),
    ]


def test_every_fault_of_every_file_is_told_at_once() -> None:
    first = """\
    apiVersion: wakeful/v2
    kind: VirtualMachine
    metadata: {cluster: home, vmid: 99, label: x}
    spec:
      memory: 4
      coers: 2
      onboot: yes
    extra: 1
    """
    assert told(first, "a: [1", GOOD) == [
        "0.yaml:1: apiVersion: 'wakeful/v2' is not known; write wakeful/v1",
        "0.yaml:8: extra: extra is not known; known are apiVersion, kind, metadata, spec",
        "0.yaml:3: metadata.label: label is not known; known are cluster, vmid",
        "0.yaml:3: metadata.vmid: 99 is out of range; give 100 to 999999999",
        "0.yaml:5: spec.memory: 4 would be 4 MiB, which is hardly meant; write 4G for GiB",
        "0.yaml:6: spec.coers: coers is not known; did you mean cores?",
        "0.yaml:7: spec.onboot: 'yes' is not true or false; write true",
        "1.yaml:2: it is not YAML: did not find expected ',' or ']'",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("word\n", "0.yaml:1: is a value; give a mapping"),
        ("- a\n", "0.yaml:1: is a list; give a mapping"),
        ("kind: VirtualMachine\n", "0.yaml:1: apiVersion: is missing"),
        (GOOD.replace("VirtualMachine", "virtualmachine"), "did you mean VirtualMachine?"),
        (GOOD.replace("kind: VirtualMachine", "kind: [a]"), "0.yaml:2: kind: is a list; give one value"),
        (GOOD.replace("{name: web}", "~"), "0.yaml:1: spec: is missing; give a mapping"),
        (GOOD.replace("home", "hoem"), "0.yaml:3: metadata.cluster: hoem is not known; did you mean home?"),
        (GOOD.replace("home", '"../x"'), "metadata.cluster"),
    ],
)
def test_what_is_no_document_is_said(text: str, fault: str) -> None:
    assert any(fault in one for one in told(text)), told(text)


def test_the_cluster_is_the_one_there_is_or_the_one_that_was_named() -> None:
    text = GOOD.replace("cluster: home, ", "")
    assert read(text).wishes.guests[0].cluster == "home"
    assert read(text, clusters=("home", "lab"), default="lab").wishes.guests[0].cluster == "lab"
    [fault] = read(text, clusters=("home", "lab")).faults
    assert (fault.path, fault.hint) == ("metadata.cluster", "known are home, lab")
    [fault] = read(text, clusters=()).faults
    assert fault.hint == "add the cluster first"


def test_too_much_at_once_is_refused() -> None:
    assert "501 files" in read(*[GOOD] * 501).faults[0].message
    many = "\n".join(f"x{at}: 1" for at in range(1000))
    found = read(many, many, many)
    assert len(found.faults) == 500
    assert {one.file for one in found.faults} == {"0.yaml"}
