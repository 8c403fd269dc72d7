from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.link import clusters
from wakeful_collector.settings_fields import SettingsUnfit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.integrations.proxmox.link.clusters import Cluster

    from .....fakes.proxmox import FakeCluster

GIVEN: dict[str, Any] = {"name": "home", "hosts": ["pve1", "pve2:8007"], "login": "wakeful@pve!wakeful"}


def test_what_is_not_said_is_the_default() -> None:
    found = clusters.check(GIVEN)
    assert found == clusters.Cluster("home", ("pve1", "pve2:8007"), "wakeful@pve!wakeful")
    assert (found.poll_seconds, found.reconcile, found.charts, found.auth) == (10, "off", True, "token")
    assert clusters.check({**GIVEN, "login": "root@pam"}).auth == "password"


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(SettingsUnfit) as caught:
        clusters.check({"name": "Home", "poll_seconds": 1, "colour": "red", "fingerprints": ["ab"]})
    assert {one.field for one in caught.value.problems} == {
        "name",
        "hosts",
        "login",
        "poll_seconds",
        "colour",
        "fingerprints",
    }


def test_an_authority_and_fingerprints_exclude_each_other(pve: FakeCluster) -> None:
    with pytest.raises(SettingsUnfit, match="exclude each other"):
        clusters.check({**GIVEN, "ca": pve.ca, "fingerprints": [pve.fingerprint]})


def test_a_secret_that_does_not_fit_is_not_repeated() -> None:
    with pytest.raises(SettingsUnfit) as caught:
        clusters.check_secret("hush\nhush")
    assert "hush" not in str(caught.value)


def test_a_row_gives_back_what_was_kept(data: Path, pve: FakeCluster, kept: Callable[..., Cluster]) -> None:
    made = kept(pve, protected=["100", "db"])
    assert clusters.cluster(data, "home") == made
    assert clusters.clusters(data) == [made]
    assert clusters.cluster(data, "lab") is None


def test_a_newer_version_s_settings_are_left_out() -> None:
    row = clusters.row(clusters.check(GIVEN), "", 1, 2)
    row.settings["newer"] = 1
    assert clusters.made(row) == clusters.check(GIVEN)


def test_every_field_has_its_place_in_forms_and_docs() -> None:
    for one in clusters.FIELDS:
        assert one.metadata["group"] in clusters.GROUPS
        assert one.metadata["label"]
        assert one.metadata["help"].endswith(".")
    assert set(clusters.schema()) == {one.name for one in clusters.FIELDS} | {"secret"}
