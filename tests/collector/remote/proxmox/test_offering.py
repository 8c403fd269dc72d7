"""What may stand where the cursor is."""

import pytest

from wakeful_collector.remote.proxmox import offering


def test_the_places_without_a_name():
    assert offering._place(("disk", "size"), []) == "disk"
    assert offering._place(("disk", "size"), ["scsi0"]) == "size"
    assert offering._place(("disk", "size"), ["a=b"]) == "disk"
    assert offering._place(("disk",), ["scsi0"]) == ""


@pytest.mark.parametrize("what", ["archive", "whatever"])
def test_what_nobody_knows(what):
    assert offering.values(None, what) == []
    assert offering.arguments(None, "nodes", [], "") == []
