from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.accounts import Principal
from wakeful_collector.integrations.proxmox.link import clusters, trial_operations
from wakeful_collector.operations import registry
from wakeful_collector.operations.registry import OperationError, Registry
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.integrations.proxmox.link.clusters import Cluster

    from .....fakes.proxmox import FakeCluster

REGISTRY = Registry(trial_operations.OPERATIONS)


@pytest.fixture
def ask(settings: Settings, now_ms: int) -> Any:
    def run(name: str, /, scope: str = "admin", **given: Any) -> dict[str, Any]:
        scopes = frozenset({"read", "operate", scope})
        principal = Principal(name="local:test", scopes=scopes, address="", face="cli")
        return registry.run(settings, REGISTRY, principal, f"proxmox.{name}", given, now_ms)

    return run


def refused(ask: Any, name: str, /, **given: Any) -> OperationError:
    with pytest.raises(OperationError) as caught:
        ask(name, **given)
    assert isinstance(caught.value, OperationError)
    return caught.value


def test_before_there_is_a_cluster_the_lines_are_told(ask: Any, pve: FakeCluster, kept: Callable[..., Cluster]) -> None:
    told = ask("test", wants="act")
    assert not told["ok"]
    assert any("role add WakefulAct" in line for line in told["pveum"])
    assert told["checks"][0]["text"] == "no cluster is set up yet"
    kept(pve)
    kept(pve, name="lab")
    assert ask("test")["checks"][0]["text"] == "name one of: home, lab"


def test_the_only_cluster_is_tried_without_its_name(ask: Any, pve: FakeCluster, kept: Callable[..., Cluster]) -> None:
    kept(pve)
    told = ask("test")
    assert told["ok"], told["checks"]
    assert told["version"] == "9.0.10"
    assert told["cluster"] == "fakecluster"
    assert told["hosts"][0]["trusted"]
    assert told["fingerprint"] == ""
    assert told == ask("test", cluster="home", scope="operate")
    assert pve.secret not in str(told)


def test_settings_are_tried_before_they_are_kept(ask: Any, pve: FakeCluster, data: Path) -> None:
    given = {"hosts": [pve.host], "login": pve.token_id, "secret": pve.secret}
    told = ask("test", **given)
    assert not told["ok"]
    assert told["fingerprint"] == pve.fingerprint
    assert "give it as fingerprint" in told["checks"][-1]["hint"]
    assert "trust lab" in ask("test", **given, name="lab")["checks"][-1]["hint"]
    assert ask("test", **given, fingerprints=[told["fingerprint"]])["ok"]
    assert clusters.clusters(data) == []
    assert refused(ask, "test", scope="operate", **given).code == "forbidden"
    assert "login is missing" in refused(ask, "test", hosts=[pve.host]).message
    assert "secret is missing" in refused(ask, "test", hosts=[pve.host], login=pve.token_id).message


def test_a_change_is_tried_with_the_secret_that_is_kept(
    ask: Any, pve: FakeCluster, kept: Callable[..., Cluster], data: Path
) -> None:
    kept(pve)
    assert ask("test", cluster="home", detail_seconds=60, secret="")["ok"]
    assert ask("test", cluster="home", ca=pve.ca)["ok"]
    assert ask("test", cluster="home", fingerprints=[pve.fingerprint], secret=pve.secret)["ok"]
    assert not ask("test", cluster="home", fingerprints=["ab" * 32], secret=pve.secret)["ok"]
    assert not ask("test", cluster="home", secret="another")["ok"]
    assert refused(ask, "test", cluster="lab").code == "unknown_cluster"
    with changing(data) as connection:
        connection.execute("UPDATE proxmox_clusters SET sealed = 'v1.x'")
    assert refused(ask, "test", cluster="home").code == "no_secret"


def test_a_kept_secret_is_not_tried_where_it_was_not_given_for(
    ask: Any, pve: FakeCluster, kept: Callable[..., Cluster]
) -> None:
    kept(pve)
    mallory = pve.clusters.open()
    before = len(mallory.requests())
    for given in ({"hosts": [mallory.host], "fingerprints": [mallory.fingerprint]}, {"fingerprints": ["ab" * 32]}):
        assert refused(ask, "test", cluster="home", **given).code == "secret_needed"
    assert len(mallory.requests()) == before
    mallory.close()


def test_a_new_certificate_is_trusted_by_its_fingerprint(
    ask: Any, pve: FakeCluster, kept: Callable[..., Cluster], data: Path
) -> None:
    kept(pve, ca="", fingerprints=[pve.fingerprint])
    pve.renew()
    told = ask("test", cluster="home")
    assert told["fingerprint"] == pve.fingerprint
    wrong = refused(ask, "trust", cluster="home", fingerprint="ab" * 32)
    assert wrong.code == "not_shown"
    assert f"{pve.host} shows {pve.fingerprint}" in wrong.message
    assert refused(ask, "trust", cluster="home", fingerprint="z" * 64).code == "invalid_fingerprint"
    done = ask("trust", cluster="home", fingerprint=pve.fingerprint.lower())
    assert done["hosts"] == [pve.host]
    assert done["fingerprints"] == [pve.fingerprint]
    assert ask("test", cluster="home")["ok"]
    assert refused(ask, "trust", cluster="lab", fingerprint="ab" * 32).code == "unknown_cluster"


def test_what_was_trusted_of_the_other_hosts_stays(
    ask: Any, pve: FakeCluster, kept: Callable[..., Cluster], data: Path
) -> None:
    other = pve.clusters.open(authority=pve.authority)
    away = "127.0.0.1:1"
    kept(pve, hosts=[pve.host, other.host])
    pve.renew("elsewhere")
    told = ask("trust", cluster="home", fingerprint=pve.fingerprint)
    assert told["fingerprints"] == [pve.fingerprint, other.fingerprint]
    kept(pve, hosts=[pve.host, away], ca="", fingerprints=["AB" * 32, pve.fingerprint])
    pve.renew()
    told = ask("trust", cluster="home", fingerprint=pve.fingerprint)
    assert ":".join(["AB"] * 32) in told["fingerprints"]
    assert f"{away} cannot be reached" in refused(ask, "trust", cluster="home", fingerprint="cd" * 32).message
    kept(pve, hosts=["pve1..lan"])
    assert "pve1..lan cannot be reached" in refused(ask, "trust", cluster="home", fingerprint="cd" * 32).message
    other.close()


def test_a_version_that_is_none(ask: Any, pve: FakeCluster, kept: Callable[..., Cluster]) -> None:
    kept(pve)
    for version in ("9x.1", "", "\xb2.1", 7):
        pve.answer("GET /version", {"version": version})
        assert ask("test")["pveum"]
