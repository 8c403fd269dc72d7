"""Clusters are tried, added, changed and removed by forms; the secret is never shown again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.proxmox.link import clusters, opening
from wakeful_collector.read import audit, proxmox_clusters

from .conftest import PART
from .estate_data import HOSTILE, SECRET, add_cluster

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LIST = "/integrations/proxmox"
ADD = f"{LIST}/_/add"
EDIT = f"{LIST}/home/settings"


def fields_of(text: str) -> dict[str, Any]:
    """Return what a browser would send of the form in a page, untouched."""
    form = text.split('id="cluster-form"', 1)[1].split("</form>", 1)[0]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and ('type="checkbox"' not in tag or " checked" in tag) and name[1] != "csrf":
            found.setdefault(name[1], []).append(value[1] if value else "on")
    for name, body in re.findall(r'<select id="[^"]*" name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        found[name] = re.findall(r'<option value="([^"]*)" selected', body) or re.findall(r'value="([^"]*)"', body)[:1]
    for name, body in re.findall(r'<textarea [^>]*name="(\w+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = [body]
    return found


def test_a_cluster_is_added(root: Any, data: Path) -> None:
    fields = fields_of(root.get(ADD).text) | {
        "name": "home",
        "hosts": "pve1.example.org, 192.0.2.2:8007",
        "login": "wakeful@pve!wakeful",
        "secret": SECRET,
    }
    answer = root.post(ADD, **fields)
    assert (answer.status_code, answer.headers.get("Location")) == (303, f"{LIST}/home"), answer.text
    made = clusters.cluster(data, "home")
    assert made is not None
    assert (made.hosts, made.charts, made.poll_seconds) == (("pve1.example.org", "192.0.2.2:8007"), True, 10)
    row = proxmox_clusters.cluster(data, "home")
    assert row is not None
    assert opening.secret(data, row) == SECRET
    assert audit.rows(data, 1)[0].entry.operation == "proxmox.cluster.add"
    assert SECRET not in str(audit.rows(data, 1)[0].entry.detail)


def test_everything_that_does_not_fit_is_said_at_once_beside_its_field(root: Any, data: Path) -> None:
    fields = fields_of(root.get(ADD).text)
    wrong = {"name": "Home!", "hosts": HOSTILE, "login": "root", "poll_seconds": "1", "secret": SECRET}
    text = root.post(ADD, **fields | wrong).text
    assert "4 fields do not fit" in text
    assert text.count('aria-invalid="true"') == 4
    assert SECRET not in text
    assert "<img" not in text
    assert clusters.clusters(data) == []
    one = root.post(ADD, **fields | {"name": "home", "hosts": "pve1", "login": "root"}).text
    assert "One field does not fit" in one


def test_what_the_operation_refuses_is_said_too(root: Any, data: Path) -> None:
    add_cluster(data)
    fields = fields_of(root.get(ADD).text)
    given = {"name": "home", "hosts": "pve9", "login": "a@pve!token"}
    text = root.post(ADD, **fields | given | {"secret": SECRET}).text
    assert "There is a cluster" in text
    assert 'value="pve9"' in text
    assert "Secret is missing" in root.post(ADD, **fields | given | {"name": "other"}).text


def test_a_cluster_is_changed_and_its_secret_stays_and_is_never_shown(root: Any, data: Path) -> None:
    add_cluster(data)
    text = root.get(EDIT).text
    assert SECRET not in text
    assert "set; empty: stays" in text
    assert "take it away" not in text, "without a secret there is no cluster"
    fields = fields_of(text)
    assert root.post(EDIT, **fields).status_code == 303
    done = [row.entry.operation for row in audit.rows(data, 50)]
    assert "proxmox.cluster.change" not in done, "nothing changed, nothing was asked for"
    changed = fields | {"poll_seconds": "30", "protected": "100, db", "name": "other"}
    assert root.post(EDIT, **changed).headers["Location"] == f"{LIST}/home"
    made = clusters.cluster(data, "home")
    assert made is not None
    assert (made.poll_seconds, made.protected) == (30, ("100", "db"))
    row = proxmox_clusters.cluster(data, "home")
    assert row is not None
    assert opening.secret(data, row) == SECRET
    assert "Is 1: give" in root.post(EDIT, **fields | {"poll_seconds": "1"}).text
    assert "That was not done." in root.post(EDIT, **fields | {"secret": "x" * 2_000}).text


def test_a_cluster_that_works_is_tried(root: Any, data: Path, pve: Any, words: Callable[[str], str]) -> None:
    fields = fields_of(root.get(ADD).text)
    given = {"name": "home", "hosts": pve.host, "login": pve.token_id, "ca": pve.ca, "secret": pve.secret, "do": "test"}
    answer = root.client.post(ADD, data={"csrf": root.csrf, **fields, **given, "wants": "look"}, headers=PART)
    said = words(answer.text)
    assert "It works" in said
    assert "<html" not in answer.text
    assert clusters.clusters(data) == [], "trying keeps nothing"
    whole = root.post(ADD, **fields | given)
    assert "It works" in whole.text
    assert pve.secret not in whole.text
    assert f'value="{pve.host}"' in whole.text


def test_a_certificate_that_nobody_vouches_for_is_shown_to_be_trusted(
    root: Any, data: Path, pve: Any, kept: Callable[..., Any], press: Callable[..., Any]
) -> None:
    fields = fields_of(root.get(ADD).text)
    given = {"name": "home", "hosts": pve.host, "login": pve.token_id, "secret": pve.secret, "do": "test"}
    text = root.client.post(ADD, data={"csrf": root.csrf, **fields, **given}, headers=PART).text
    assert "It does not work yet." in text
    assert pve.fingerprint in text
    assert f'name="fingerprints" value="{pve.fingerprint}" form="cluster-form"' in text
    made = kept(pve, ca="", fingerprints=["AA:" * 31 + "AA"])
    assert made.fingerprints
    edit = fields_of(root.get(EDIT).text) | {"do": "test"}
    text = root.client.post(EDIT, data={"csrf": root.csrf, **edit}, headers=PART).text
    assert "It is the same: trust it" in text
    answer = press(root, "proxmox.trust", cluster="home", fingerprint=pve.fingerprint, back=EDIT)
    assert answer.headers["HX-Redirect"] == EDIT
    now = clusters.cluster(data, "home")
    assert now is not None
    assert now.fingerprints == (pve.fingerprint,)
    assert "It works" in root.post(EDIT, **edit | {"fingerprints": pve.fingerprint}).text


def test_what_cannot_be_tried_says_why(root: Any, data: Path) -> None:
    fields = fields_of(root.get(ADD).text)
    text = root.client.post(
        ADD, data={"csrf": root.csrf, **fields, "login": "a@pve", "do": "test", "wants": "all"}, headers=PART
    ).text
    assert "It could not be tried." in text


def test_lines_for_a_token_follow_what_it_may(root: Any) -> None:
    assert "PVEAuditor" in root.get(ADD).text
    assert "WakefulDeclare" in root.get(f"{LIST}/_/token-lines?wants=declare", headers=PART).text
    assert "PVEAuditor" in root.get(f"{LIST}/_/token-lines?wants=nonsense", headers=PART).text


def test_a_cluster_is_removed_once_its_name_was_typed(root: Any, data: Path, press: Callable[..., Any]) -> None:
    add_cluster(data)
    assert "Remove" in root.get(EDIT).text
    assert "not named" in press(root, "proxmox.cluster.remove", name="home").text
    answer = press(root, "proxmox.cluster.remove", name="home", confirm="home", back=LIST)
    assert answer.headers["HX-Redirect"] == LIST
    assert clusters.clusters(data) == []


def test_only_who_may_set_up_sees_the_forms(ada: Any, data: Path) -> None:
    add_cluster(data)
    assert ada.get(ADD).status_code == 403
    assert ada.get(EDIT).status_code == 403
    assert ada.post(ADD, name="x").status_code == 403


def test_what_is_tried_is_what_the_form_says_and_not_what_is_kept(
    root: Any, pve: Any, kept: Callable[..., Any]
) -> None:
    kept(pve)
    edit = fields_of(root.get(EDIT).text) | {"do": "test", "secret": pve.secret}
    assert "It works" in root.post(EDIT, **edit).text
    assert "It does not work yet." in root.post(EDIT, **edit | {"ca": ""}).text
