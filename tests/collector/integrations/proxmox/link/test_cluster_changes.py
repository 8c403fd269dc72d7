from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.accounts import Principal
from wakeful_collector.integrations.proxmox.link import cluster_changes, clusters, opening
from wakeful_collector.operations import registry
from wakeful_collector.operations.registry import OperationError, Registry
from wakeful_collector.read import proxmox_clusters
from wakeful_collector.store import database, proxmox_estate
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings

    from .....fakes.proxmox import FakeCluster

REGISTRY = Registry(cluster_changes.OPERATIONS)
GIVEN: dict[str, Any] = {
    "name": "home",
    "hosts": ["pve1"],
    "login": "wakeful@pve!wakeful",
    "secret": "very-secret-uuid",
}


@pytest.fixture
def ask(settings: Settings, now_ms: int) -> Any:
    def run(name: str, /, scope: str = "admin", **given: Any) -> dict[str, Any]:
        principal = Principal(name="local:test", scopes=frozenset({"read", scope}), address="", face="cli")
        return registry.run(settings, REGISTRY, principal, f"proxmox.cluster.{name}", given, now_ms)

    return run


def refused(ask: Any, name: str, /, **given: Any) -> OperationError:
    with pytest.raises(OperationError) as caught:
        ask(name, **given)
    assert isinstance(caught.value, OperationError)
    return caught.value


def everything(data: Path) -> str:
    return "\n".join(database.reader(data, "state").iterdump())


def test_a_cluster_is_added_and_its_secret_sealed(ask: Any, data: Path) -> None:
    told = ask("add", **GIVEN)
    assert told["cluster"]["name"] == "home"
    assert told["cluster"]["has_secret"]
    assert told["cluster"]["trust"] == "system"
    assert "very-secret" not in everything(data) + str(told)
    row = proxmox_clusters.cluster(data, "home")
    assert row is not None
    assert opening.secret(data, row) == "very-secret-uuid"
    listed = ask("list")["clusters"][0]
    assert (listed["state"], listed["error"], listed["looked"]) == ("new", "", None)


def test_what_is_wrong_with_it_is_said_at_once(ask: Any, data: Path) -> None:
    told = refused(ask, "add", **{**GIVEN, "hosts": [], "login": "root", "poll_seconds": 5})
    assert told.code == "invalid_cluster"
    assert "hosts" in told.message
    assert "login" in told.message
    assert "secret is missing" in refused(ask, "add", **{**GIVEN, "secret": " "}).message
    ask("add", **GIVEN)
    assert refused(ask, "add", **GIVEN).code == "name_taken"
    assert len(clusters.clusters(data)) == 1


def test_there_is_a_bound(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_changes, "CLUSTERS_MAX", 1)
    ask("add", **GIVEN)
    assert refused(ask, "add", **{**GIVEN, "name": "lab"}).code == "too_many"


def test_a_change_leaves_what_it_does_not_name(ask: Any, data: Path, pve: FakeCluster) -> None:
    ask("add", **GIVEN, ca=pve.ca)
    told = ask("change", name="home", poll_seconds=60, secret="")["cluster"]
    assert (told["poll_seconds"], told["trust"], told["has_secret"]) == (60, "ca", True)
    row = proxmox_clusters.cluster(data, "home")
    assert row is not None
    assert opening.secret(data, row) == "very-secret-uuid"
    secret = GIVEN["secret"]
    told = ask("change", name="home", fingerprints=[pve.fingerprint], secret=secret)["cluster"]
    assert told["trust"] == "fingerprints"
    assert ask("change", name="home", ca=pve.ca, secret=secret)["cluster"]["fingerprints"] == []
    ask("change", name="home", secret="another")
    row = proxmox_clusters.cluster(data, "home")
    assert row is not None
    assert opening.secret(data, row) == "another"
    assert refused(ask, "change", name="home", ca=pve.ca, fingerprints=[pve.fingerprint]).code == "invalid_cluster"
    assert refused(ask, "change", name="lab").message.endswith("there are: home")


def test_a_secret_goes_no_further_than_it_was_given_for(ask: Any, data: Path, pve: FakeCluster) -> None:
    pins = [":".join([digits] * 32) for digits in ("AA", "BB")]
    ask("add", **{**GIVEN, "hosts": ["pve1", "pve2"]}, fingerprints=pins)
    further: list[dict[str, Any]] = [
        {"hosts": ["pve1", "mallory.example"]},
        {"hosts": ["pve1:8007"]},
        {"fingerprints": [*pins, pve.fingerprint]},
        {"fingerprints": []},
        {"ca": pve.ca},
        {"hosts": ["mallory.example"], "fingerprints": [pve.fingerprint], "secret": " "},
    ]
    for given in further:
        told = refused(ask, "change", name="home", **given)
        assert (told.code, "give the secret again" in told.message) == ("secret_needed", True), given
    row = proxmox_clusters.cluster(data, "home")
    assert row is not None
    assert clusters.made(row).hosts == ("pve1", "pve2")
    narrower = ask("change", name="home", hosts=["pve2"], fingerprints=pins[1:], charts=False)["cluster"]
    assert (narrower["hosts"], narrower["fingerprints"], narrower["charts"]) == (["pve2"], pins[1:], False)
    assert ask("change", name="home", hosts=["pve3"], secret="for-pve3")["cluster"]["hosts"] == ["pve3"]


def test_an_authority_is_the_same_with_the_line_ends_of_a_browser(ask: Any, pve: FakeCluster) -> None:
    ask("add", **GIVEN, ca=pve.ca)
    kept = ask("change", name="home", ca=pve.ca.replace("\n", "\r\n"), poll_seconds=30)["cluster"]
    assert kept["poll_seconds"] == 30


def test_how_the_last_look_went_is_listed(ask: Any, data: Path, now_ms: int) -> None:
    ask("add", **GIVEN)
    with changing(data) as connection:
        proxmox_estate.stand(connection, "home", tried_ms=now_ms, polled_ms=now_ms, version="9.0", quorate=True)
    assert ask("list")["clusters"][0]["state"] == "ok"
    with changing(data) as connection:
        proxmox_estate.stand(connection, "home", tried_ms=now_ms, failed="tls", error="another certificate")
    listed = ask("list")["clusters"][0]
    assert (listed["state"], listed["error"]) == ("failing", "another certificate")


def test_a_removed_cluster_leaves_nothing(ask: Any, data: Path, now_ms: int) -> None:
    assert "none yet" in refused(ask, "remove", name="home").message
    ask("add", **GIVEN)
    with changing(data) as connection:
        proxmox_estate.stand(connection, "home", tried_ms=now_ms)
    assert ask("remove", name="home") == {"name": "home", "removed": True}
    assert clusters.clusters(data) == []
    assert proxmox_estate.clusters(database.reader(data, "state")) == []
