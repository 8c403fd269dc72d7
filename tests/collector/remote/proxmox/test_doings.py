"""What can be done to guests by a verb."""

import pytest

from wakeful_collector.remote.failure import Failure
from wakeful_collector.remote.proxmox import doings
from wakeful_collector.remote.verbs import named
from wakeful_collector.rooms import REGISTRY


def test_words_without_a_name_stand_at_their_places():
    assert doings.placed(["scsi0", "+5G"], ("disk", "size")) == ["disk=scsi0", "size=+5G"]
    assert doings.placed(["size=+5G", "scsi0"], ("disk", "size")) == ["size=+5G", "disk=scsi0"]
    assert doings.placed(["memory=4096"], ()) == ["memory=4096"]
    assert doings.placed(["a/b=c"], ("archive",)) == ["archive=a/b=c"]
    with pytest.raises(Failure):
        doings.placed(["one", "two"], ("snapshot",))


def test_every_doing_is_a_command_and_an_operation_with_those_arguments():
    acting = {verb.name.partition(" ")[2] for verb in named("proxmox").shelf if verb.module == "proxmox.acting"}
    assert acting == set(doings.DOINGS)
    for doing in doings.DOINGS.values():
        known = REGISTRY.get(doing.operation).arguments["properties"]
        assert set(doing.places) <= set(known)
        assert ("vmid" in REGISTRY.get(doing.operation).arguments["required"]) != doing.is_new
    deeds = {one.name for one in REGISTRY if one.name.startswith("proxmox.guest.")}
    assert {doing.operation for doing in doings.DOINGS.values()} == deeds


def test_what_has_an_option_is_no_argument():
    assert doings.ours("dry_run")
    assert not doings.ours("snapshot")
