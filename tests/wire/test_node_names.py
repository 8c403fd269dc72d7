from wakeful_wire.names import METRICS
from wakeful_wire.node_names import DERIVED, RULES, derived, rules_of


def test_a_series_has_the_family_and_labels_it_has_there():
    found = rules_of("system.network.io", {"device": "eth0", "direction": "receive"})
    assert [(rule.family, labels) for rule, labels in found] == [
        ("node_network_receive_bytes_total", (("device", "eth0"),))
    ]
    (speed,) = rules_of("system.network.link.speed", {"device": "eth0"})
    assert speed[0].scale == 1 / 8
    assert rules_of("system.memory.usage", {"state": "used"}) == []
    assert rules_of("redis.clients.connected", {}) == []


def test_every_rule_is_of_a_metric_there_is():
    for rule in RULES:
        labels = METRICS[rule.metric].labels
        assert {ours for ours, _ in rule.labels} | {label for label, _ in rule.only} <= set(labels)
    assert not set(DERIVED) & {rule.family for rule in RULES}


def test_sums_are_made_there():
    mount = {"device": "/dev/vda1", "mountpoint": "/", "type": "ext4"}
    found = derived([
        ("system.memory.usage", {"state": "cached"}, 100.0),
        ("system.memory.slab", {"state": "reclaimable"}, 30.0),
        ("system.filesystem.usage", {**mount, "state": "free"}, 50.0),
        ("system.filesystem.usage", {**mount, "state": "reserved"}, 5.0),
        ("system.filesystem.usage", {**mount, "state": "used"}, 9.0),
    ])  # fmt: skip
    of = (("device", "/dev/vda1"), ("fstype", "ext4"), ("mountpoint", "/"))
    assert found == [("node_filesystem_free_bytes", of, 55.0), ("node_memory_Cached_bytes", (), 70.0)]
    assert derived([]) == []
    assert (
        derived(
            [("system.memory.usage", {"state": "cached"}, 1.0), ("system.memory.slab", {"state": "reclaimable"}, 2.0)]
        )[0][2]
        == 0
    )
