"""Machines are added, changed and removed by forms; secrets are never shown again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.ollama import sealed, settings
from wakeful_collector.read import audit, gateway
from wakeful_collector.store import gateway_host_keys
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_host_keys import HostKey

from .gateway_data import BASIC, HOSTILE, NOW_MS, keep

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATH = "/integrations/ollama"
PART = {"HX-Request": "true"}
SECRET = "correct horse battery staple"


@pytest.fixture
def root(person: Callable[..., Any]) -> Any:
    return person("root", "admin")


def fields_of(text: str) -> dict[str, Any]:
    """Return what a browser would send of the form in a page, untouched."""
    form = text.split('class="settings-form"', 1)[1].split("</form>", 1)[0]
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'\b{key}="([^"]*)"', tag) for key in ("name", "value"))
        if name and ('type="checkbox"' not in tag or " checked" in tag) and name[1] != "csrf":
            found.setdefault(name[1], []).append(value[1] if value else "on")
    for name, body in re.findall(r'<select id="[^"]*" name="(\w+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', body)
        found[name] = chosen or re.findall(r'<option value="([^"]*)"', body)[:1]
    for name, body in re.findall(r'<textarea [^>]*name="(\w+)"[^>]*>(.*?)</textarea>', form, re.DOTALL):
        found[name] = [body]
    return found


def test_a_machine_is_added_by_name_and_address_alone(root: Any, data: Path) -> None:
    fields = fields_of(root.get(f"{PATH}/_/add").text)
    answer = root.post(f"{PATH}/_/add", **fields | {"name": "gpu", "url": "http://192.0.2.9:11434", "wake": "never"})
    assert (answer.status_code, answer.headers.get("Location")) == (303, f"{PATH}/gpu"), answer.text
    made = settings.machine(data, "gpu")
    assert made == settings.Machine(name="gpu", url="http://192.0.2.9:11434", wake="never", default=True)
    assert (audit.rows(data, 1)[0].entry.operation, audit.rows(data, 1)[0].entry.subject) == (
        "gateway.machine.add",
        "gpu",
    )


def test_everything_that_does_not_fit_is_said_at_once_beside_its_field(root: Any, data: Path) -> None:
    fields = fields_of(root.get(f"{PATH}/_/add").text)
    wrong = {"name": "Gpu!", "url": HOSTILE, "watts": "", "ssh_password": SECRET, "wake_arguments": "{"}
    text = root.post(f"{PATH}/_/add", **fields | wrong).text
    assert "4 fields do not fit" in text
    assert text.count('aria-invalid="true"') == 4
    assert SECRET not in text
    assert "<img" not in text
    assert gateway.machines(data) == []


def test_what_the_operation_refuses_is_said_too(root: Any, data: Path) -> None:
    keep(data)
    fields = fields_of(root.get(f"{PATH}/_/add").text) | {"name": "gpu", "url": "http://192.0.2.1:1", "wake": "never"}
    text = root.post(f"{PATH}/_/add", **fields).text
    assert "there is a machine" in text.lower()
    assert 'value="http://192.0.2.1:1"' in text


def test_a_machine_is_changed_and_its_secrets_stay_and_are_never_shown(root: Any, data: Path) -> None:
    keep(data, sealed.seal(data, "", {"ssh_password": SECRET, "sudo_password": SECRET}))
    path = f"{PATH}/gpu/settings"
    text = root.get(path).text
    assert SECRET not in text
    assert text.count("set; empty: stays") == 2
    fields = fields_of(text)
    assert root.post(path, **fields).status_code == 303
    assert settings.machine(data, "gpu") == settings.check(BASIC)
    changed = fields | {"watts": "350", "awake_days": ["mon"], "name": "other", "remove.sudo_password": "on"}
    assert root.post(path, **changed).headers["Location"] == f"{PATH}/gpu"
    made = settings.machine(data, "gpu")
    assert made is not None
    assert (made.watts, made.awake_days, made.name) == (350, ("mon",), "gpu")
    assert sealed.secrets(data, "gpu") == {"ssh_password": SECRET}
    entry = audit.rows(data, 1)[0].entry
    assert entry.detail == {"watts": 350, "awake_days": ["mon"]}
    refused = root.post(path, **fields | {"watts": "-1", "ssh_password": "x" * 2_000})
    assert "Is -1: give a number from 0 to 100000." in refused.text
    long = root.post(path, **fields | {"ssh_password": "x" * 2_000})
    assert "That was not done." in long.text
    assert "x" * 2_000 not in long.text


def test_secrets_of_another_key_are_said_to_be_unreadable(root: Any, data: Path) -> None:
    keep(data, "v1.nothing")
    assert "Its secrets cannot be read." in root.get(f"{PATH}/gpu/settings").text


def test_pinned_keys_are_shown_with_the_way_to_accept_another(root: Any, data: Path) -> None:
    keep(data)
    assert "the key that the machine shows first is pinned" in root.get(f"{PATH}/gpu/settings").text
    with changing_gateway(data) as connection:
        gateway_host_keys.pin(connection, HostKey("gpu", "ssh-ed25519", "AAAA", "SHA256:abcdef", NOW_MS))
    text = root.get(f"{PATH}/gpu/settings").text
    assert "SHA256:abcdef" in text
    assert "Trust it</button>" in text


def test_a_machine_is_removed_once_its_name_was_typed(root: Any, data: Path) -> None:
    keep(data)

    def press(**fields: str) -> Any:
        form = {"csrf": root.csrf, "name": "gpu", "back": PATH, **fields}
        return root.client.post("/ask/gateway.machine.remove", data=form, headers=PART)

    assert "was not named" in press().text
    assert "was not named" in press(confirm="attic").text
    assert gateway.machine(data, "gpu") is not None
    assert press(confirm="gpu").headers["HX-Redirect"] == PATH
    assert gateway.machine(data, "gpu") is None


@pytest.mark.parametrize("path", [f"{PATH}/_/add", f"{PATH}/gpu/settings"])
def test_settings_are_for_administrators(person: Callable[..., Any], data: Path, path: str) -> None:
    keep(data)
    bob = person("bob", "operate")
    assert bob.get(path).status_code == 403
    assert bob.post(path, name="x", url="http://192.0.2.1:1").status_code == 403
    assert [one.name for one in gateway.machines(data)] == ["gpu"]
