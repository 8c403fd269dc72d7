"""What several documents say together."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.declare import documents
from wakeful_collector.integrations.proxmox.declare.documents import File


def document(kind: str, metadata: str, spec: str) -> str:
    return f"apiVersion: wakeful/v1\nkind: {kind}\nmetadata: {{{metadata}}}\nspec: {{{spec}}}\n"


VM = document("VirtualMachine", "vmid: 101", "name: a")
POOL = document("Pool", "name: prod", "members: [101]")
POLICY = document("SnapshotPolicy", "name: nightly", "guests: [101], schedule: hourly, keep: {last: 1}")


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (VM, document("Container", "vmid: 101", "hostname: b"), "guest 101 is declared twice, first in 0.yaml:1"),
        (POOL, POOL.replace("[101]", "[]"), "pool prod is declared twice"),
        (POLICY, POLICY, "policy nightly is declared twice"),
        (POOL, POOL.replace("prod", "lab"), "member 101 is declared twice"),
        (VM.replace("name: a", "state: absent"), POOL, "guest 101 is declared absent"),
        (
            VM.replace("name: a", "state: absent"),
            document("VirtualMachine", "vmid: 102", "clone: 101"),
            "guest 101 is declared absent",
        ),
        (POOL, document("VirtualMachine", "vmid: 102", "clone: 102"), "cannot be cloned from itself"),
    ],
)
def test_what_does_not_go_together_is_told(first: str, second: str, said: str) -> None:
    found = documents.read([File("0.yaml", first), File("1.yaml", second)], ["home"]).faults
    assert [said in str(one) for one in found] == [True], found


def test_the_same_number_in_two_clusters_is_two_guests() -> None:
    texts = [VM.replace("vmid", f"cluster: {name}, vmid") for name in ("home", "lab")]
    assert documents.read([File(str(at), text) for at, text in enumerate(texts)], ["home", "lab"]).faults == ()
