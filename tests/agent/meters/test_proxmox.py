"""The node's own pvesh as a script that answers in the form of Proxmox VE 9, and the API over TLS."""

import pathlib

import pytest

from wakeful_agent.host.errors import Denied, HostError, Late, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meters.proxmox import ProxmoxMeter
from wakeful_agent.options import check_options
from wakeful_agent.permissions.grants import find_grants
from wakeful_wire.names import METRICS

FIXTURES = pathlib.Path(__file__).parents[2] / "fixtures" / "proxmox"
SECRET = "root@pam!wakeful=6e4a7c1e-0000-4000-8000-000000000000"
PVESH = f"""
case "$*" in
"get /cluster/resources --output-format json") cat {FIXTURES}/resources.json ;;
"get /cluster/status --output-format json") cat {FIXTURES}/status.json ;;
*) exit 2 ;;
esac
"""


@pytest.fixture
def node(tmp_path):
    folder = tmp_path / "bin"
    folder.mkdir()

    def make(script=PVESH, user_id=0):
        (folder / "pvesh").write_text("#!/bin/sh\n" + script)
        (folder / "pvesh").chmod(0o755)
        return Host(str(tmp_path), programs=(str(folder),), user_id=user_id)

    return make


def read(meter, host):
    found = meter.read(host, 0)
    for one in found.series:
        assert tuple(name for name, _ in one.labels) == tuple(sorted(METRICS[one.name].labels)), one
    return {(one.name[8:], *dict(one.labels).values()): value for one, value in zip(found.series, found.values)}, found


def test_a_node_as_it_sees_itself(node):
    values, found = read(ProxmoxMeter(), node())
    assert values["cluster.quorate",] == 0
    assert (values["cluster.nodes", "online"], values["cluster.nodes", "offline"]) == (1, 1)
    assert {name[0]: value for name, value in values.items() if name[1:] == ("pve1",)} == {
        "node.up": 1,
        "node.cpu.utilization": 0.02,
        "node.cpu.count": 4,
        "node.memory.usage": 2147483648,
        "node.memory.limit": 8589934592,
        "node.filesystem.usage": 4294967296,
        "node.filesystem.limit": 68719476736,
        "node.uptime": 3600,
    }
    assert (values["storage.up", "nas"], values["storage.usage", "local"]) == (0, 1024)
    assert found.inventories["proxmox"] == {
        "node": "pve1",
        "cluster": "home",
        "quorate": False,
        "nodes_online": 1,
        "nodes_offline": 1,
        "state": "online",
        "guests": 4,
        "left_out": 0,
    }
    assert [(row["storage"], row["state"]) for row in found.inventories["proxmox_storages"]] == [
        ("local", "available"),
        ("nas", "unknown"),
    ]


def test_guests_of_this_node_alone(node):
    values, found = read(ProxmoxMeter(), node())
    rows = found.inventories["proxmox_guests"]
    assert [(row["guest"], row["name"], row["state"], row["template"]) for row in rows] == [
        ("100", "web", "running", False),
        ("200", "db", "running", False),
        ("101", "off", "stopped", False),
        ("900", "debian-template", "stopped", True),
    ]
    assert values["guest.up", "101", "qemu", "off"] == 0
    assert ("guest.up", "900", "qemu", "debian-template") not in values, "a template does not run"
    web = {name[0]: value for name, value in values.items() if name[1:] == ("100", "qemu", "web")}
    assert web["guest.memory.usage"] == 67108864
    assert web["guest.disk.usage"] is None, "what a virtual machine uses of its disk is not known"
    assert values["guest.network.io", "receive", "100", "qemu", "web"] == 100
    assert values["guest.disk.io", "write", "200", "lxc", "db"] == 4
    assert values["guest.disk.usage", "200", "lxc", "db"] == 1073741824


def test_a_guest_of_which_nothing_is_known_is_neither_up_nor_down(node):
    rows = '[{"type":"node","node":"a","status":"online"},{"type":"qemu","vmid":1,"node":"a","status":"unknown"}]'
    values, found = read(ProxmoxMeter(), node(f"case $2 in *resources) echo '{rows}';; *) echo '[]';; esac"))
    assert values["guest.up", "1", "qemu", ""] is None
    assert values["cluster.quorate",] is None
    assert found.inventories["proxmox"]["node"] == "a", "the only node is the one that answers"


def test_another_node_may_be_named(node):
    meter = ProxmoxMeter()
    meter.configure({"node": "pve2"})
    values, found = read(meter, node())
    assert values["node.up", "pve2"] == 0
    assert [row["name"] for row in found.inventories["proxmox_guests"]] == ["elsewhere"]
    assert found.inventories["proxmox"]["state"] == "unknown"


@pytest.mark.parametrize(
    ("script", "kind", "said"),
    [
        ("echo 'cluster not ready - no quorum?' >&2; exit 5", HostError, "pvesh ended with 5: cluster not ready"),
        ("echo Muell", Malformed, "not JSON"),
        ("echo '{\"data\": 5}'", Malformed, "int where a list belongs"),
        ("yes", Malformed, "more than"),
    ],
)
def test_a_pvesh_that_fails_is_down(node, script, kind, said):
    values, found = read(ProxmoxMeter(), node(script))
    assert values == {("up",): 0}
    assert isinstance(found.trouble, kind)
    assert said in str(found.trouble)
    assert found.inventories == {}


def test_a_pvesh_that_never_ends_is_ended(node, monkeypatch):
    monkeypatch.setattr("wakeful_agent.meters.proxmox._TIMEOUT_SECONDS", 0.3)
    assert isinstance(ProxmoxMeter().read(node("exec sleep 60"), 0).trouble, Late)


def test_the_probe_says_the_line_of_sudoers(node, tmp_path):
    assert ProxmoxMeter().probe(node()).available
    (tmp_path / "bin/sudo").write_text("#!/bin/sh\necho 'sudo: a password is required' >&2\nexit 1\n")
    (tmp_path / "bin/sudo").chmod(0o755)
    found = ProxmoxMeter().probe(node(user_id=1000))
    assert not found.available
    program = f"{tmp_path}/bin/pvesh"
    [(_, rule)] = find_grants([found], "wakeful").rules
    assert rule == (
        f"wakeful ALL=(root) NOPASSWD: {program} get /cluster/resources --output-format json, "
        f"{program} get /cluster/status --output-format json"
    )
    assert isinstance(ProxmoxMeter().read(node(user_id=1000), 0).trouble, Denied)
    assert ProxmoxMeter().probe(Host(str(tmp_path))).reason == "this is no Proxmox VE node"


@pytest.fixture
def token(tmp_path):
    path = tmp_path / "token"
    path.write_text(SECRET + "\n")
    path.chmod(0o600)
    return str(path)


def over_the_api(paged, certificate, token, pages):
    meter = ProxmoxMeter()
    url = paged(pages, "tls").replace("http://", "https://")
    meter.configure({"url": url + "/", "token_file": token, "ca_file": str(certificate / "cert.pem")})
    return meter


def test_the_api_with_a_token(paged, certificate, token):
    pages = {f"/api2/json/cluster/{name}": (FIXTURES / f"{name}.json").read_text() for name in ("resources", "status")}
    meter = over_the_api(paged, certificate, token, pages)
    values, found = read(meter, Host())
    assert values["up",] == 1
    assert len(found.inventories["proxmox_guests"]) == 4
    assert meter.probe(Host()).reason == meter.chosen["url"]


@pytest.mark.parametrize(("status", "kind"), [(401, Denied), (403, Denied), (500, HostError), (595, HostError)])
def test_an_api_that_refuses_tells_no_secret(paged, certificate, token, status, kind):
    meter = over_the_api(paged, certificate, token, {"/api2/json/cluster/resources": status})
    trouble = meter.read(Host(), 0).trouble
    assert isinstance(trouble, kind)
    assert str(status) in str(trouble)
    assert SECRET not in str(trouble)


def test_a_token_is_not_told_in_clear_or_to_a_stranger(paged, certificate, token):
    meter = ProxmoxMeter()
    meter.configure({"url": "http://127.0.0.1:1", "token_file": token})
    assert "must begin with https://" in str(meter.read(Host(), 0).trouble)
    meter = over_the_api(paged, certificate, token, {})
    meter.configure({**meter.chosen, "ca_file": ""})
    assert "certificate" in str(meter.read(Host(), 0).trouble).lower()


def test_a_token_that_others_may_read_is_refused(paged, certificate, token):
    pathlib.Path(token).chmod(0o644)
    meter = over_the_api(paged, certificate, token, {})
    found = meter.probe(Host())
    assert (found.available, "chmod" in found.reason) == (False, True)
    assert isinstance(meter.read(Host(), 0).trouble, Denied)


def test_no_token_is_said(paged, certificate):
    meter = over_the_api(paged, certificate, "", {})
    assert "no token is given" in meter.probe(Host()).reason
    assert "no token is given" in str(meter.read(Host(), 0).trouble)


def test_the_collector_sets_no_token():
    assert check_options(ProxmoxMeter.options, {"token": SECRET}, local=False)[0] == {}


def test_a_token_of_the_environment(paged, certificate):
    meter = over_the_api(paged, certificate, "", {"/api2/json/cluster/resources": 401})
    meter.configure({**meter.chosen, "token": SECRET})
    assert isinstance(meter.read(Host(), 0).trouble, Denied)
