"""See tests/agent/host/test_ceph.py for where the captured output comes from."""

import pathlib

import pytest

from wakeful_agent.host.errors import Absent, Denied, HostError, Late, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters import ceph
from wakeful_agent.meters.ceph import CephMeter
from wakeful_agent.options import check_options
from wakeful_wire.push import parse_inventories

CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "ceph"
BOTH = f'case "$*" in *status*) cat {CAPTURED}/status.json;; *df*) cat {CAPTURED}/df.json;; esac'
NO_KEY = """
echo '2025-11-14T06:00:00.000+0000 7f0 -1 auth: unable to find a keyring on /etc/ceph/ceph.client.admin.keyring' >&2
echo '[errno 2] RADOS object not found (error connecting to the cluster)' >&2
exit 1"""


@pytest.fixture
def cluster(tmp_path):
    """Return a function that writes a ceph and gives a host that is set up for it."""

    def make(body, keyring=False):
        (tmp_path / "etc/ceph").mkdir(parents=True, exist_ok=True)
        (tmp_path / "etc/ceph/ceph.conf").write_text("[global]\n")
        if keyring:
            (tmp_path / "etc/ceph/ceph.client.wakeful.keyring").write_text("")
        (tmp_path / "ceph").write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\n{body}\n')
        (tmp_path / "ceph").chmod(0o755)
        return Host(str(tmp_path), programs=(str(tmp_path),))

    return make


def asked(tmp_path):
    return (tmp_path / "asked").read_text().splitlines()


def test_a_cluster_and_its_pools(cluster, tmp_path):
    reading = CephMeter().read(cluster(BOTH), 0)
    values = {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}
    assert len(values) == len(reading.values)
    assert [values["hw.status", "ceph", state, "cluster"] for state in ("ok", "warning", "error")] == [0, 1, 0]
    assert values["ceph.osds", "up"] == 5
    assert values["ceph.client.io", "write"] == 2097152
    assert values[("ceph.capacity.limit",)] == 12002349744128
    assert values["ceph.checks", "warning"] == 2
    assert values["ceph.pool.usage", "vms", "stored"] == 949978046464
    assert values["ceph.pool.utilization", "vms"] == 0.25
    document = reading.inventories["ceph"]
    assert (document["state"], document["pools"]) == ("warning", [".mgr", "vms"])
    parse_inventories({"ceph": {"hash": "x", "body": document}})
    assert reading.trouble is None
    assert asked(tmp_path) == [
        "--connect-timeout 10 status --format json",
        "--connect-timeout 10 df --format json",
    ]


def test_the_client_of_our_own_is_taken_where_it_has_a_keyring(cluster, tmp_path):
    CephMeter().read(cluster(BOTH, keyring=True), 0)
    assert asked(tmp_path)[0] == "--id wakeful --connect-timeout 10 status --format json"
    assert check_options(CephMeter.options, {"user": "admin"}, False)[1], "only the machine's own file names another"


def test_pools_that_cannot_be_told_cost_nothing_else(cluster):
    reading = CephMeter().read(cluster(BOTH.replace("*df*) cat", "*df*) head -c 9")), 0)
    assert isinstance(reading.trouble, Malformed)
    assert len(reading.values) == len(reading.series) > 20


def test_a_program_without_a_cluster_is_nothing_here(tmp_path, cluster):
    host = cluster(BOTH)
    (tmp_path / "etc/ceph/ceph.conf").unlink()
    with pytest.raises(NoData):
        CephMeter().read(host, 0)
    assert (CephMeter().probe(host).available, CephMeter().probe(host).fix) == (False, "")


def test_a_cluster_without_the_program_is_absent(tmp_path, cluster):
    host = cluster(BOTH)
    (tmp_path / "ceph").unlink()
    with pytest.raises(Absent):
        CephMeter().read(host, 0)


def test_without_a_key_it_is_refused_and_the_grant_is_told(cluster):
    host = cluster(NO_KEY)
    with pytest.raises(Denied, match=r"^ceph says: auth: unable to find a keyring on"):
        CephMeter().read(host, 0)
    found = CephMeter().probe(host)
    assert found.fix.startswith("ceph auth get-or-create client.wakeful mon 'allow r'")
    assert found.exposes
    assert CephMeter().probe(cluster(BOTH)).available


def test_without_a_key_it_is_refused_too_when_the_program_ended_before_its_log_was_written(cluster):
    host = cluster("echo '[errno 95] error connecting to the cluster' >&2; exit 1")
    with pytest.raises(Denied, match=r"^ceph says: \[errno 95\] error connecting to the cluster$"):
        CephMeter().read(host, 0)
    assert CephMeter().probe(host).fix


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("sleep 60", Late),
        ("yes", Malformed),
        ("echo HEALTH_OK", Malformed),
        ("echo '{}'", Malformed),
        ("exit 5", HostError),
        ("echo '[errno 110] RADOS timed out (error connecting to the cluster)' >&2; exit 1", HostError),
    ],
)
def test_a_cluster_that_does_not_answer_is_a_failure(cluster, body, error, monkeypatch):
    monkeypatch.setattr(ceph, "_SECONDS", 0.5)
    with pytest.raises(error) as caught:
        CephMeter().read(cluster(body), 0)
    assert not isinstance(caught.value, (Denied, Absent))
