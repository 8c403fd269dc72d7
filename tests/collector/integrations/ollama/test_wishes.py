"""Wake, sleep, stay awake, leases: who may ask, what becomes of it, and what is refused at once with the reason."""

from __future__ import annotations

import json
import urllib.request
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.ollama import claims, wishes
from wakeful_collector.operations.registry import OperationError
from wakeful_collector.read import audit, gateway, gateway_leases

from ....fakes.ollama import ollama
from .asking import GPU, Asker, asked, request, stand

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wakeful_collector.config import Settings

    from ....fakes.ollama import Ollama


@pytest.fixture
def ask(settings: Settings, now_ms: int) -> Asker:
    ask = Asker(settings, now_ms)
    ask("gateway.machine.add", **GPU)
    return ask


@pytest.fixture
def server() -> Iterator[Ollama]:
    with ollama() as running:
        yield running


@pytest.fixture
def program(settings: Settings, now_ms: int) -> Asker:
    return Asker(settings, now_ms, "key:laptop", "gateway")


def refusal(ask: Asker, operation: str, **arguments: object) -> tuple[str, int, str]:
    with pytest.raises(OperationError) as refused:
        ask(operation, **arguments)
    return refused.value.code, refused.value.status, refused.value.message


def test_a_machine_is_asked_to_wake(ask: Asker, program: Asker) -> None:
    answer = program("gateway.wake", machine="gpu")
    assert (answer["machine"], answer["state"], answer["permanent"]) == ("gpu", "asleep", False)
    assert asked(ask.settings.data, "gpu") == ("wake", "key:laptop")
    (row,) = audit.rows(ask.settings.data, 10, operation="gateway.wake")
    assert (row.entry.subject, row.entry.principal, row.entry.outcome) == ("gpu", "key:laptop", "done")


def test_what_nothing_wakes_is_refused_unless_it_is_awake(ask: Asker) -> None:
    ask("gateway.machine.change", name="gpu", wake="never")
    assert refusal(ask, "gateway.wake", machine="gpu")[:2] == ("not_wakeable", 409)
    stand(ask.settings.data, "gpu", "awake", ask.now_ms)
    assert ask("gateway.wake", machine="gpu")["state"] == "awake"
    assert refusal(ask, "gateway.wake", machine="nobody")[:2] == ("unknown_machine", 404)


def test_a_machine_is_asked_to_sleep(ask: Asker, program: Asker, server: Ollama) -> None:
    ask("gateway.machine.change", name="gpu", url=server.url)
    stand(ask.settings.data, "gpu", "awake", ask.now_ms)
    answer = program("gateway.sleep", machine="gpu")
    assert asked(ask.settings.data, "gpu") == ("sleep", "key:laptop")
    assert (answer["state"], answer["next"]) == ("awake", "goes to sleep, if a last look finds nothing against it")


def test_what_a_look_finds_against_sleep_is_said_at_once(ask: Asker, program: Asker, server: Ollama) -> None:
    data = ask.settings.data
    ask("gateway.machine.change", name="gpu", url=server.url)
    stand(data, "gpu", "awake", ask.now_ms)
    body = json.dumps({"model": "gem", "keep_alive": -1}).encode()
    urllib.request.urlopen(f"{server.url}/api/generate", body, timeout=10).close()
    code, status, text = refusal(program, "gateway.sleep", machine="gpu")
    assert (code, status) == ("in_use", 409)
    assert "gpu stays awake: gem:latest is kept loaded for ever" in text
    assert asked(data, "gpu") is None
    server.shut()
    assert "its loaded models cannot be seen" in refusal(program, "gateway.sleep", machine="gpu")[2]
    assert ask("gateway.sleep", machine="gpu", force=True)["next"] == "is ordered to sleep now"


def test_one_look_at_a_time_holds_up_the_pages(ask: Asker, program: Asker) -> None:
    stand(ask.settings.data, "gpu", "awake", ask.now_ms)
    with wishes._looking:
        program("gateway.sleep", machine="gpu")
    assert asked(ask.settings.data, "gpu") == ("sleep", "key:laptop")


def test_a_machine_in_use_is_put_to_sleep_by_force_only(ask: Asker, program: Asker) -> None:
    data = ask.settings.data
    stand(data, "gpu", "awake", ask.now_ms)
    request(data, "gpu", "r1", ask.now_ms)
    request(data, "gpu", "r2", ask.now_ms, is_admitted=False)
    ask("gateway.lease", machine="gpu", note="training")
    ask("gateway.permanent", machine="gpu", on=True)
    code, status, text = refusal(program, "gateway.sleep", machine="gpu")
    assert (code, status) == ("in_use", 409)
    for reason in ("kept awake for good", "2 requests on the way", "user:ada claims it (training)"):
        assert reason in text
    assert refusal(program, "gateway.sleep", machine="gpu", force=True)[:2] == ("forbidden", 403)
    assert asked(data, "gpu") is None
    ask("gateway.sleep", machine="gpu", force=True)
    assert asked(data, "gpu") == ("force", "user:ada")
    # What still claimed it would wake it again at once.
    assert [one.kind for one in gateway_leases.leases(data, ask.now_ms)] == ["request", "request"]
    known = gateway.state(data, "gpu")
    assert known is not None
    assert not known.permanent


def test_what_nothing_puts_to_sleep_is_refused(ask: Asker) -> None:
    ask("gateway.machine.change", name="gpu", sleep="never")
    assert refusal(ask, "gateway.sleep", machine="gpu")[:2] == ("no_sleep", 409)


def test_a_machine_is_kept_awake_for_good(ask: Asker) -> None:
    assert ask("gateway.permanent", machine="gpu", on=True)["permanent"] is True
    known = gateway.state(ask.settings.data, "gpu")
    assert known is not None
    assert known.permanent
    assert ask("gateway.permanent", machine="gpu", on=False)["permanent"] is False


def test_a_lease_lives_until_it_is_released_or_ends(ask: Asker, program: Asker) -> None:
    data, now_ms = ask.settings.data, ask.now_ms
    lease = program("gateway.lease", machine="gpu", seconds=60, note="a job")["lease"]
    assert (lease["kind"], lease["owner"], lease["note"]) == ("script", "key:laptop", "a job")
    assert ask("gateway.lease", machine="gpu")["lease"]["kind"] == "person"
    rows = len(audit.rows(data, 100))
    assert program("gateway.renew", seconds=600, lease=lease["id"])["lease"]["id"] == lease["id"]
    assert len(audit.rows(data, 100)) == rows
    assert [one.expires_ms - now_ms for one in gateway_leases.leases(data, now_ms)] == [600_000, 3_600_000]
    assert program("gateway.release", lease=lease["id"]) == {"lease": lease["id"], "machine": "gpu", "released": True}
    assert refusal(program, "gateway.release", lease=lease["id"])[:2] == ("unknown_lease", 404)
    assert refusal(program, "gateway.renew", lease=lease["id"])[:2] == ("unknown_lease", 404)
    program.now_ms += 3_600_000
    assert gateway_leases.leases(data, program.now_ms) == []


def test_only_who_may_operate_releases_the_leases_of_others(ask: Asker, program: Asker) -> None:
    hers = ask("gateway.lease", machine="gpu")["lease"]["id"]
    assert refusal(program, "gateway.release", lease=hers)[:2] == ("forbidden", 403)
    assert refusal(program, "gateway.renew", lease=hers)[:2] == ("forbidden", 403)
    his = program("gateway.lease", machine="gpu")["lease"]["id"]
    assert ask("gateway.release", lease=his)["released"] is True


def test_a_requests_lease_is_nobodys_to_release(ask: Asker) -> None:
    request(ask.settings.data, "gpu", "r1", ask.now_ms)
    assert refusal(ask, "gateway.release", lease="r1")[:2] == ("a_request", 409)


def test_a_lease_that_ends_meanwhile_is_gone(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    lease = ask("gateway.lease", machine="gpu")["lease"]["id"]
    for name in ("extend", "release"):
        monkeypatch.setattr(claims, name, lambda *_: None)
    assert refusal(ask, "gateway.renew", lease=lease)[:2] == ("unknown_lease", 404)
    assert refusal(ask, "gateway.release", lease=lease)[:2] == ("unknown_lease", 404)


def test_claims_have_a_bound(ask: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "CLAIMS_MAX", 1)
    ask("gateway.lease", machine="gpu")
    assert refusal(ask, "gateway.lease", machine="gpu")[:2] == ("too_many", 409)


def test_a_key_that_may_only_look_may_not_wake(settings: Settings, ask: Asker, now_ms: int) -> None:
    reader = Asker(settings, now_ms, "key:reader", "read")
    for operation in ("gateway.wake", "gateway.sleep", "gateway.lease"):
        assert refusal(reader, operation, machine="gpu")[:2] == ("forbidden", 403)
    operator = Asker(settings, now_ms, "user:olga", "operate")
    assert operator("gateway.wake", machine="gpu")["machine"] == "gpu"
