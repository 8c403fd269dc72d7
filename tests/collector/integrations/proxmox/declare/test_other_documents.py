"""Pools and policies of snapshots, read."""

from __future__ import annotations

import pytest

from wakeful_collector.integrations.proxmox.declare import documents
from wakeful_collector.integrations.proxmox.declare.documents import File, Reading
from wakeful_collector.integrations.proxmox.declare.wished import Keep


def read(kind: str, spec: str, name: str = "prod") -> Reading:
    text = f"apiVersion: wakeful/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    return documents.read([File("a.yaml", text)], ["home"])


def test_a_pool_owns_what_it_names() -> None:
    [wish] = read("Pool", "{comment: the shop, members: [102, 101], storages: [ceph]}").wishes.pools
    assert (wish.comment, wish.members, wish.storages, wish.state) == ("the shop", {101, 102}, {"ceph"}, "present")
    [wish] = read("Pool", "{state: absent}").wishes.pools
    assert (wish.comment, wish.members, wish.storages, wish.state) == (None, None, None, "absent")
    [wish] = read("Pool", "{comment: ~, members: []}", "a/b").wishes.pools
    assert (wish.name, wish.comment, wish.members) == ("a/b", "", frozenset())


def test_a_policy_says_who_when_and_how_many() -> None:
    spec = (
        "{guests: [101], tags: [Web], pools: [prod], schedule: daily 02:30, timezone: Europe/Berlin, memory: true,"
        " keep: {last: 3, weekly: 4}}"
    )
    [wish] = read("SnapshotPolicy", spec, "nightly").wishes.policies
    assert (wish.guests, wish.tags, wish.pools) == ({101}, {"web"}, {"prod"})
    assert (wish.schedule, wish.timezone, wish.memory) == ("daily 02:30", "Europe/Berlin", True)
    assert wish.keep == Keep(last=3, weekly=4)


KEEP = "keep: {last: 1}"


@pytest.mark.parametrize(
    ("kind", "spec", "name", "path"),
    [
        ("Pool", "{membres: [101]}", "prod", "spec.membres"),
        ("Pool", "{members: [101, 101]}", "prod", "spec.members"),
        ("Pool", "{members: [web]}", "prod", "spec.members"),
        ("Pool", "{members: {a: b}}", "prod", "spec.members"),
        ("Pool", "{state: gone}", "prod", "spec.state"),
        ("Pool", "{comment: [a]}", "prod", "spec.comment"),
        ("Pool", "{}", "'../x'", "metadata.name"),
        ("SnapshotPolicy", f"{{schedule: daily 02:30, {KEEP}}}", "nightly", "spec"),
        ("SnapshotPolicy", f"{{guests: [101], {KEEP}}}", "nightly", "spec.schedule"),
        ("SnapshotPolicy", f"{{guests: [101], schedule: often, {KEEP}}}", "nightly", "spec.schedule"),
        (
            "SnapshotPolicy",
            f"{{guests: [101], schedule: hourly, timezone: Mars/One, {KEEP}}}",
            "nightly",
            "spec.timezone",
        ),
        ("SnapshotPolicy", "{guests: [101], schedule: hourly}", "nightly", "spec.keep"),
        ("SnapshotPolicy", "{guests: [101], schedule: hourly, keep: {last: 0}}", "nightly", "spec.keep"),
        ("SnapshotPolicy", "{guests: [101], schedule: hourly, keep: {first: 2}}", "nightly", "spec.keep.first"),
        ("SnapshotPolicy", f"{{guests: [101], schedule: hourly, {KEEP}}}", "too-long-a-name-for-it", "metadata.name"),
        ("SnapshotPolicy", f"{{guests: [101], schedule: hourly, memory: perhaps, {KEEP}}}", "nightly", "spec.memory"),
    ],
)
def test_what_is_wrong_is_told_with_its_path(kind: str, spec: str, name: str, path: str) -> None:
    found = read(kind, spec, name)
    assert path in [one.path for one in found.faults], found.faults
    assert not found.wishes.pools
    assert not found.wishes.policies
