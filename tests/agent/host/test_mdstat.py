"""Output in the form of Linux 6.1 and mdadm 4.2; the kernel of the development machine has no md."""

import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.host.mdstat import Member, document, parse_detail, parse_mdstat, with_slots

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "md"


def arrays(name):
    return {array.name: array for array in parse_mdstat((CAPTURED / name).read_text())}


def test_a_whole_array():
    whole = arrays("mdstat")["md0"]
    assert whole.members == (Member("sda1", None, "active"), Member("sdb1", None, "active"))
    assert (whole.level, whole.wanted, whole.size_bytes, whole.metadata) == ("raid1", 2, 1047552 * 1024, "1.2")
    assert (whole.state(), whole.operation, whole.progress, whole.speed_bytes) == ("ok", "", None, None)


def test_a_removed_disk_leaves_a_missing_slot():
    mirror = arrays("mdstat")["md1"]
    assert mirror.members == (Member("sda2", None, "active"), Member("", None, "missing"))
    assert (mirror.state(), mirror.wanted) == ("degraded", 2)


def test_a_recovery_tells_how_far_it_is():
    array = arrays("mdstat")["md2"]
    assert (array.state(), array.operation, array.progress) == ("recovering", "recovery", 0.126)
    assert array.speed_bytes == 188123 * 1024
    assert [(one.device, one.state) for one in array.members] == [
        ("sdb1", "active"),
        ("sdc1", "active"),
        ("sdd1", "failed"),
        ("sde1", "spare"),
        ("sdf1", "recovering"),
    ]


@pytest.mark.parametrize(
    ("name", "state", "level", "operation"),
    [
        ("md126", "ok", "raid1", "check"),
        ("md127", "ok", "container", ""),
        ("md10", "ok", "raid10", "resync pending"),
        ("md11", "failed", "raid6", ""),
        ("md12", "ok", "raid0", ""),
        ("md13", "inactive", "", ""),
        ("md14", "failed", "raid0", ""),
        ("md_d15", "degraded", "raid5", "resync delayed"),
    ],
)
def test_states(name, state, level, operation):
    array = arrays("mdstat-many")[name]
    assert (array.state(), array.level, array.operation) == (state, level, operation)


def test_a_check_of_a_whole_array_is_no_recovery():
    array = arrays("mdstat-many")["md126"]
    assert (array.progress, array.state()) == (0.255, "ok")


def test_an_array_without_redundancy_and_a_disk_lost_has_failed():
    text = "Personalities : [raid0]\nmd0 : active raid0 sda1[0] sdb1[1](F)\n      100 blocks super 1.2\n"
    assert parse_mdstat(text)[0].state() == "failed"


@pytest.mark.parametrize(("pattern", "state"), [("_U", "degraded"), ("__", "failed")])
def test_a_mirror_lives_with_its_last_disk(pattern, state):
    text = f"Personalities : [raid1]\nmd0 : active raid1 x[9](F)\n      1 blocks [2/{pattern.count('U')}] [{pattern}]\n"
    assert parse_mdstat(text)[0].state() == state


def test_slots_are_those_of_sys(tmp_path):
    array = arrays("mdstat")["md2"]
    assert with_slots(Host(str(tmp_path)), array) == array, "no /sys: nobody knows"
    for device, slot in (("sdb1", "0"), ("sdc1", "1"), ("sdf1", "2"), ("sdd1", "none"), ("sde1", "none")):
        folder = tmp_path / f"sys/block/md2/md/dev-{device}"
        folder.mkdir(parents=True)
        (folder / "slot").write_text(f"{slot}\n")
    assert with_slots(Host(str(tmp_path)), array).members == (
        Member("sdb1", 0, "active"),
        Member("sdc1", 1, "active"),
        Member("sdd1", None, "failed"),
        Member("sde1", None, "spare"),
        Member("sdf1", 2, "recovering"),
    )


def test_a_missing_slot_has_its_number(tmp_path):
    folder = tmp_path / "sys/block/md1/md/dev-sda2"
    folder.mkdir(parents=True)
    (folder / "slot").write_text("0\n")
    array = with_slots(Host(str(tmp_path)), arrays("mdstat")["md1"])
    assert array.members == (Member("sda2", 0, "active"), Member("", 1, "missing"))
    striped = arrays("mdstat-many")["md12"]
    assert with_slots(Host(str(tmp_path)), striped) is striped


def test_the_inventory_holds_what_stands_still():
    assert document(arrays("mdstat")["md1"]) == {
        "array": "md1",
        "level": "raid1",
        "state": "degraded",
        "activity": "active",
        "operation": "",
        "size_bytes": 976630464 * 1024,
        "metadata": "1.2",
        "members": [
            {"device": "sda2", "slot": None, "state": "active"},
            {"device": "", "slot": None, "state": "missing"},
        ],
    }


def test_mdadm_names_the_slot_that_is_empty():
    facts, members = parse_detail((CAPTURED / "detail-degraded").read_text())
    assert (facts["State"], facts["UUID"]) == ("active, degraded", "3a1c2b44:00000000:9d0e11aa:22bb33cc")
    assert members == (Member("sda2", 0, "active"), Member("", 1, "missing"))
    _, members = parse_detail((CAPTURED / "detail-recovering").read_text())
    assert members == (
        Member("sdb1", 0, "active"),
        Member("sdc1", 1, "active"),
        Member("sdf1", 2, "recovering"),
        Member("sdd1", None, "failed"),
        Member("sde1", None, "spare"),
        Member("sdg1", None, "journal"),
    )


def test_no_arrays_is_an_empty_list():
    assert parse_mdstat((CAPTURED / "mdstat-none").read_text()) == []


@pytest.mark.parametrize("text", ["", "garbage", "md0 : active raid1 sda1[0]\n"])
def test_what_is_of_another_form_is_malformed(text):
    with pytest.raises(Malformed):
        parse_mdstat(text)
    with pytest.raises(Malformed):
        parse_detail(text)


SAMPLES = [path.read_text() for path in sorted(CAPTURED.iterdir())]


@given(st.sampled_from(SAMPLES), st.integers(0, 2000), st.text(max_size=6), st.integers(0, 40))
def test_damaged_text_breaks_nothing(text, position, inserted, removed):
    text = text[:position] + inserted + text[position + removed :]
    try:
        for array in parse_mdstat(text):
            array.state()
            document(array)
        parse_detail(text)
    except Malformed:
        return
