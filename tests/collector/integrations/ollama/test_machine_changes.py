"""Machines added, changed, removed: everything that is wrong is said at once, and no secret ever."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.ollama import sealed
from wakeful_collector.integrations.ollama import settings as machines
from wakeful_collector.operations.registry import OperationError
from wakeful_collector.read import audit, gateway, gateway_history
from wakeful_collector.store import gateway_history as history
from wakeful_collector.store import gateway_machines
from wakeful_collector.store.changes import changing_gateway

from ....fakes.ssh_server import new_key
from .asking import GPU, Asker, stand

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.config import Settings

KEY = new_key()


@pytest.fixture
def ask(settings: Settings, now_ms: int) -> Asker:
    return Asker(settings, now_ms)


def refusal(ask: Asker, operation: str, **arguments: Any) -> tuple[str, int, str]:
    with pytest.raises(OperationError) as refused:
        ask(operation, **arguments)
    return refused.value.code, refused.value.status, refused.value.message


def test_the_first_machine_is_the_default_one(ask: Asker) -> None:
    assert ask("gateway.machine.add", **GPU) == {
        "name": "gpu",
        "url": GPU["url"],
        "default": True,
        "secrets": [],
    }
    assert ask("gateway.machine.add", **(GPU | {"name": "b"}))["default"] is False
    assert gateway.default_name(ask.settings.data) == "gpu"
    assert ask("gateway.machine.change", name="b", default=True)["default"] is True
    assert gateway.default_name(ask.settings.data) == "b"


def test_a_change_leaves_what_it_does_not_name(ask: Asker) -> None:
    ask("gateway.machine.add", **GPU, idle_seconds=600, awake_days=["mon", "fri"], ssh_password="hush")
    ask.now_ms += 1000
    answer = ask("gateway.machine.change", name="gpu", watts=80, sudo_password="hush too")
    assert answer["secrets"] == ["ssh_password", "sudo_password"]
    machine = machines.machine(ask.settings.data, "gpu")
    assert machine is not None
    assert (machine.idle_seconds, machine.awake_days, machine.watts, machine.mac) == (
        600,
        ("mon", "fri"),
        80,
        "00:11:22:33:44:55",
    )
    assert sealed.secrets(ask.settings.data, "gpu") == {"ssh_password": "hush", "sudo_password": "hush too"}
    assert ask("gateway.machine.change", name="gpu", ssh_password="")["secrets"] == ["sudo_password"]
    row = gateway.machine(ask.settings.data, "gpu")
    assert row is not None
    assert row.changed_ms - row.made_ms == 1000


def test_a_key_in_its_form_is_a_secret_with_lines(ask: Asker) -> None:
    ask("gateway.machine.add", **GPU, ssh_key=KEY)
    assert sealed.secrets(ask.settings.data, "gpu") == {"ssh_key": KEY}


def test_secrets_stand_in_no_audit_trail_and_no_answer(ask: Asker) -> None:
    given = {"ssh_password": "hush-1", "ssh_key": KEY, "sudo_password": "hush-2", "upstream_key": "hush-3"}
    answer = ask("gateway.machine.add", **GPU, **given, securon="00:00:00:00:00:01")
    told = json.dumps(answer) + json.dumps([row.entry.detail for row in audit.rows(ask.settings.data, 10)])
    for secret in ("hush", "OPENSSH", KEY.splitlines()[1], "00:00:00:00:00:01"):
        assert secret not in told
    assert "ssh_user" in told


def test_a_kept_secret_is_not_sent_elsewhere_than_it_was_given_for(ask: Asker) -> None:
    ask("gateway.machine.add", **GPU, upstream_key="hush-1", ssh_password="hush-2", ssh_key=KEY)
    elsewhere = {"name": "gpu", "url": "http://192.0.2.66:11434"}
    code, status, text = refusal(ask, "gateway.machine.change", **elsewhere)
    assert (code, status) == ("secret_needed", 409)
    assert "give upstream_key again: url is another now" in text
    assert (
        "ssh_password again: the SSH server is another"
        in refusal(ask, "gateway.machine.change", **elsewhere, upstream_key="hush-1")[2]
    )
    for server in ({"ssh_host": "192.0.2.66"}, {"ssh_port": 2222}):
        assert refusal(ask, "gateway.machine.change", name="gpu", **server)[0] == "secret_needed"
    assert refusal(ask, "gateway.machine.change", name="gpu", fingerprint="ab" * 32)[0] == "secret_needed"
    ask("gateway.machine.change", **elsewhere, upstream_key="hush-3", ssh_password="")
    assert sealed.secrets(ask.settings.data, "gpu") == {"upstream_key": "hush-3", "ssh_key": KEY}
    ask("gateway.machine.change", name="gpu", url="http://192.0.2.66:11434", idle_seconds=60)


def test_everything_wrong_is_said_at_once(ask: Asker) -> None:
    wrong = GPU | {"mac": "nonsense", "url": "ftp://x/y", "awake_from": "25:00", "ssh_user": "a b"}
    code, status, text = refusal(ask, "gateway.machine.add", **wrong)
    assert (code, status) == ("invalid_machine", 400)
    assert all(word in text for word in ("mac is 'nonsense'", "url is", "awake_from is", "ssh_user is"))
    assert refusal(ask, "gateway.machine.add", name="gpu")[2].startswith("url is missing")
    assert refusal(ask, "gateway.machine.add", **GPU, ssh_password="two\nlines")[0] == "invalid"
    assert gateway.machines(ask.settings.data) == []


def test_names_are_of_one_machine(ask: Asker) -> None:
    ask("gateway.machine.add", **GPU)
    assert refusal(ask, "gateway.machine.add", **GPU)[:2] == ("name_taken", 409)
    assert refusal(ask, "gateway.machine.change", name="nobody", watts=3)[:2] == ("unknown_machine", 404)
    for name in ("Gpu", "a b", "../x", ""):
        assert refusal(ask, "gateway.machine.add", **(GPU | {"name": name}))[0] == "invalid"
    for name in ("api", "v1", "-"):
        assert refusal(ask, "gateway.machine.add", **(GPU | {"name": name}))[0] == "invalid_machine"


def test_hosts_must_be_there_and_may_be_taken_away(ask: Asker, machine: Callable[..., Any]) -> None:
    assert refusal(ask, "gateway.machine.add", **GPU, relay="0" * 36)[:2] == ("unknown_host", 404)
    host = machine("gpu-box").id
    ask("gateway.machine.add", **GPU, host=host)
    ask("gateway.machine.change", name="gpu", host="")
    found = machines.machine(ask.settings.data, "gpu")
    assert found is not None
    assert found.host == ""


def test_a_removed_machine_leaves_nothing_in_metrics(ask: Asker) -> None:
    data = ask.settings.data
    ask("gateway.machine.add", **GPU)
    stand(data, "gpu", "awake", ask.now_ms)
    with changing_gateway(data) as connection:
        history.count(connection, "gpu", "wakes", {"by": "request"})
    assert ask("gateway.machine.remove", name="gpu") == {"name": "gpu", "removed": True}
    assert (gateway.machines(data), gateway.states(data), gateway_history.totals(data)) == ([], {}, [])
    assert refusal(ask, "gateway.machine.remove", name="gpu")[:2] == ("unknown_machine", 404)


def test_there_is_a_bound(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wakeful_collector.integrations.ollama.machine_changes.MACHINES_MAX", 1)
    assert gateway_machines.MACHINES_MAX > 10
    ask("gateway.machine.add", **GPU)
    assert refusal(ask, "gateway.machine.add", **(GPU | {"name": "b"}))[:2] == ("too_many", 409)


def test_only_who_may_everything_may(settings: Settings, now_ms: int) -> None:
    operator = Asker(settings, now_ms, "user:olga", "operate")
    assert refusal(operator, "gateway.machine.add", **GPU)[:2] == ("forbidden", 403)


def test_a_machine_removed_while_it_is_changed(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    ask("gateway.machine.add", **GPU)
    found = machines.machine(ask.settings.data, "gpu")
    ask("gateway.machine.remove", name="gpu")
    monkeypatch.setattr("wakeful_collector.integrations.ollama.status.known", lambda *_: found)
    assert refusal(ask, "gateway.machine.change", name="gpu", watts=3)[:2] == ("unknown_machine", 404)
