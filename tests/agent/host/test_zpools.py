"""Output in the form of OpenZFS 2.1 (`zpool list -Hp`, `zpool status -p`); no ZFS here to capture it from."""

import pathlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.zpools import Figures, Vdev, parse_list, parse_status

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "zfs"
LIST = (CAPTURED / "list").read_text()
STATUS = (CAPTURED / "status").read_text()


def scanned(words):
    return parse_status(f"  pool: a\n state: ONLINE\n  scan: {words}\nconfig:\n")[0]


def test_space_and_health():
    assert parse_list(LIST) == [
        Figures("rpool", 498216206336, 103079215104, 395136991232, 0.12, 0.2, 1.0, "online"),
        Figures("tank", 11991548690432, 6174015488000, 5817533202432, 0.04, 0.51, 1.34, "degraded"),
        Figures("lost", None, None, None, None, None, None, "unavail"),
    ]
    assert parse_list("") == [], "no pools is empty"
    assert parse_list("a\t1\t1\t0\t7%\t100%\t1.00x\tONLINE\n")[0][4:7] == (0.07, 1.0, 1.0), "as old versions write it"


def test_a_resilver_and_the_errors_of_every_device():
    tank = parse_status(STATUS)[2]
    assert (tank.pool, tank.state, tank.data_errors) == ("tank", "degraded", 7)
    assert (tank.scan, tank.scan_state, tank.progress) == ("resilver", "running", 0.2548)
    assert tank.message.startswith("One or more devices is currently being resilvered.  The pool will continue")
    assert tank.vdevs[:2] == (Vdev("tank", 0, "degraded", (0, 0, 0)), Vdev("mirror-0", 1, "online", (0, 0, 0)))
    assert [(one.name[-6:], one.depth, one.state, one.errors, one.note) for one in tank.vdevs[5:]] == [
        ("pare-0", 2, "degraded", (0, 0, 0), ""),
        ("-EXAM3", 3, "faulted", (41, 112, 0), "too many errors"),
        ("-EXAM5", 3, "online", (0, 0, 0), "(resilvering)"),
        ("-EXAM4", 2, "online", (0, 0, 0), ""),
        ("-part4", 1, "online", (0, 0, 0), ""),
        ("-part5", 1, "online", (0, 0, 0), ""),
        ("-EXAM6", 1, "avail", None, ""),
    ]


def test_a_scrub_that_ended():
    rpool = parse_status(STATUS)[1]
    assert (rpool.scan, rpool.scan_state, rpool.scan_errors, rpool.data_errors) == ("scrub", "done", 0, 0)
    assert rpool.ended == time.mktime((2025, 11, 9, 0, 36, 44, 0, 0, -1))


def test_a_pool_that_is_gone_has_its_missing_device():
    lost = parse_status(STATUS)[0]
    assert (lost.state, lost.scan_state, lost.data_errors) == ("unavail", "none", None)
    assert lost.vdevs[1] == Vdev("1234567890123456789", 1, "unavail", (0, 0, 0), "was /dev/sdz1")


@pytest.mark.parametrize(
    ("words", "kind", "state", "progress"),
    [
        ("none requested", "", "none", None),
        ("scrub canceled on Sun Nov  9 00:24:01 2025", "scrub", "canceled", None),
        ("scrub in progress since Sun Nov  9 00:24:01 2025\n\t0 repaired, 36.21% done", "scrub", "running", 0.3621),
        ("scrub paused since Sun Nov  9 00:24:01 2025\n\t0B repaired, 5.00% done", "scrub", "paused", 0.05),
        ("resilvered 1.2T in 10:00:00 with 2 errors on Mon Jan  5 10:00:00 2026", "resilver", "done", None),
    ],
)
def test_scans(words, kind, state, progress):
    assert scanned(words)[3:6] == (kind, state, progress)


def test_a_time_of_another_language_is_none():
    assert scanned("scrub repaired 0B in 1:00 with 0 errors on Son Sun  9 00:36:44 2025").ended is None
    assert scanned("scrub repaired 0B in 1:00 with 0 errors on morgen").ended is None


def test_counts_that_old_versions_round():
    text = "  pool: a\n state: ONLINE\nconfig:\n\n\tNAME  STATE  READ WRITE CKSUM\n\ta  ONLINE  1.50K  2M  3\n"
    assert parse_status(text)[0].vdevs[0].errors == (1536, 2 * 1024**2, 3)


def test_two_vdevs_of_one_name_keep_their_errors():
    rows = "a  ONLINE 0 0 0\n\t  raidz1-0  ONLINE 0 0 0\n\t    replacing-0  ONLINE 1 0 0\n\t  raidz1-1  ONLINE 0 0 0\n"
    rows += "\t    replacing-0  ONLINE 7 0 0\n\t    spare-9  ONLINE 0 0 0\n\tspares\n\t  spare-9  INUSE\n"
    vdevs = parse_status(f"  pool: a\n state: ONLINE\nconfig:\n\n\tNAME  STATE  READ WRITE CKSUM\n\t{rows}")[0].vdevs
    assert [(one.name, one.errors[0]) for one in vdevs[2:]] == [
        ("replacing-0", 1),
        ("raidz1-1", 0),
        ("replacing-0 #2", 7),
        ("spare-9", 0),
    ]


def test_no_pools_and_nothing_said_are_two_things():
    assert parse_status("no pools available\n") == []
    with pytest.raises(Malformed):
        parse_status("")


@pytest.mark.parametrize("text", ["garbage", "a\tb\n", "\x1b[1m\t" * 7, "a\t1\t1\t0\tx\t1\t1\tONLINE"])
def test_what_is_of_another_form_is_malformed(text):
    with pytest.raises(Malformed):
        parse_list(text)
    with pytest.raises(Malformed):
        parse_status(text)


@given(st.sampled_from([LIST, STATUS]), st.integers(0, 4000), st.text(max_size=6), st.integers(0, 60))
def test_damaged_text_breaks_nothing(text, position, inserted, removed):
    text = text[:position] + inserted + text[position + removed :]
    for parse in (parse_list, parse_status):
        try:
            parse(text)
        except Malformed:
            continue
