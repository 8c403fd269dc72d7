"""The steps of policies of snapshots."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from wakeful_collector.integrations.proxmox.declare import policy_steps
from wakeful_collector.integrations.proxmox.declare.wished import Keep
from wakeful_collector.model.estate import Snapshot

from .planned import NOW_MS, document, estate, guest, made

DUE = "wk-nightly-202611210230"


def policy(spec: str = "guests: [101]", keep: str = "last: 2") -> str:
    return document("name: nightly", f"{spec}, schedule: daily 02:30, keep: {{{keep}}}", "SnapshotPolicy")


def snapshots(*names: str) -> tuple[Snapshot, ...]:
    return tuple(Snapshot(one) for one in names)


def test_what_is_due_is_taken_once() -> None:
    [step] = made(estate(guest()), policy()).steps
    assert (step.kind, step.effect, step.new) == ("snapshot", "live", {"snapshot": DUE})
    assert step.requests[0].form == {"snapname": DUE, "description": "by the policy nightly of Wakeful"}
    assert made(estate(guest(snapshots=snapshots(DUE))), policy()).steps == ()
    assert made(estate(guest(snapshots=snapshots("wk-nightly-202611210600"))), policy()).steps == ()


def test_only_its_own_snapshots_go() -> None:
    names = ("wk-nightly-202611190230", "wk-nightly-202611200230", "wk-weekly-202001010000", "wk-nightly-before")
    found = made(estate(guest(snapshots=snapshots(*names, "wk-nightly-209913990000", "mine"))), policy()).steps
    assert [(one.kind, one.effect) for one in found] == [("snapshot", "live"), ("snapshot.delete", "destroys")]
    assert found[1].requests[0][:2] == ("DELETE", "/nodes/pve1/qemu/101/snapshot/wk-nightly-202611190230")


def test_guests_are_meant_by_number_tag_and_pool_as_they_will_be() -> None:
    here = estate(guest(101), guest(102, tags=("Web",)), guest(103, pool="prod"), guest(104), guest(105, template=True))
    text = (
        policy("guests: [105], tags: [web], pools: [prod]")
        + document("vmid: 101", "tags: [web]")
        + document("vmid: 102", "tags: [other]")
        + document("name: prod", "members: [104]", "Pool")
    )
    taken = [one.guest for one in made(estate(*here.guests, pools=()), text).steps if one.kind == "snapshot"]
    assert taken == [101, 104]


def test_a_guest_that_is_to_be_made_gets_its_first_and_one_that_goes_none() -> None:
    text = policy("guests: [101, 150]") + document("vmid: 150", "node: pve2") + document("vmid: 101", "state: absent")
    found = [(one.kind, one.guest) for one in made(estate(guest()), text).steps]
    assert found == [("create", 150), ("snapshot", 150), ("delete", 101)]


def test_memory_is_saved_of_what_runs() -> None:
    text = policy("guests: [101, 102, 103], memory: true")
    here = estate(guest(101), guest(102, status="stopped"), guest(103, "lxc"))
    assert [one.requests[0].form.get("vmstate") for one in made(here, text).steps] == ["1", None, None]


def test_what_is_not_known_is_told() -> None:
    here = estate(guest(101, config_state="stale"), guest(102, status="unknown"))
    found = made(here, policy("guests: [101, 102, 199]"))
    assert found.steps == ()
    assert [one.message for one in found.problems] == [
        "its snapshots are not known",
        "its node pve1 tells nothing",
        "there is no guest 199",
    ]


@given(st.sets(st.integers(0, 2_000), max_size=60), st.builds(Keep, *[st.integers(0, 5)] * 5))
def test_the_newest_of_each_period_stay(hours: set[int], keep: Keep) -> None:
    now = datetime.fromtimestamp(NOW_MS / 1000, UTC)
    made_at = sorted((now - timedelta(hours=one) for one in hours), reverse=True)
    snapshots = {f"s{at:%Y%m%d%H}": at for at in made_at}
    staying = policy_steps.kept(snapshots, keep)
    assert len(staying) <= keep.last + keep.hourly + keep.daily + keep.weekly + keep.monthly
    assert set(list(snapshots)[: keep.last]) <= staying
    assert len({snapshots[one].date() for one in staying}) >= min(keep.daily, len({at.date() for at in made_at}))


def test_names_tell_when_they_were_due() -> None:
    assert policy_steps.name("nightly", NOW_MS) == "wk-nightly-202611220000"
    assert len(policy_steps.name("a" * 16, NOW_MS)) <= 40
    assert list(policy_steps.own("nightly", ["wk-nightly-202611220000", "wk-night-202611220000"])) == [
        "wk-nightly-202611220000"
    ]
