"""Claims of older clients: each counts, each is given back by whoever made it, and all end by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import hypothesis
import hypothesis.strategies as st
import pytest

from wakeful_collector.integrations.ollama import claims
from wakeful_collector.integrations.ollama import compat_claims as legacy
from wakeful_collector.integrations.ollama import settings as machines
from wakeful_collector.operations.registry import OperationError
from wakeful_collector.read import audit, gateway, gateway_leases

from .asking import GPU, Asker, asked, request, stand

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.config import Settings


@pytest.fixture
def owner(settings: Settings, now_ms: int) -> Asker:
    ask = Asker(settings, now_ms)
    ask("gateway.machine.add", **GPU, claim_seconds=600)
    return ask


class Client:
    """An older client: a key, an address, and the routes it posts to."""

    def __init__(self, owner: Asker, key: str = "key:env-1", address: str = "192.0.2.7") -> None:
        self.ask = Asker(owner.settings, owner.now_ms, key, "gateway")
        self.ask.principal = self.ask.principal.__class__(key, self.ask.principal.scopes, address, "api", "h")

    def post(self, route: str) -> Any:
        return self.ask(f"gateway.{route}", legacy.REGISTRY)

    def says(self, route: str) -> str:
        answer = self.post(route)
        assert answer["success"] is True
        return str(answer["mensaje"])


def count(owner: Asker, now_ms: int | None = None) -> int:
    machine = machines.machine(owner.settings.data, "gpu")
    assert machine is not None
    return len(legacy.living(owner.settings.data, machine, now_ms or owner.now_ms))


def test_each_start_counts_and_each_stop_gives_one_back(owner: Asker) -> None:
    client = Client(owner)
    assert client.says("arrancar") == "The machine is being woken. Peticions Ollama: 1"
    assert client.says("arrancar").endswith("Peticions Ollama: 2")
    assert asked(owner.settings.data, "gpu") == ("wake", "key:env-1")
    owner("gateway.machine.remove", name="gpu")
    owner("gateway.machine.add", **GPU, claim_seconds=600)
    for state in ("waking", "unreachable"):  # one that does not show is not called for each who tries again
        stand(owner.settings.data, "gpu", state, owner.now_ms)
        client.post("arrancar")
    assert asked(owner.settings.data, "gpu") is None
    stand(owner.settings.data, "gpu", "awake", owner.now_ms)
    assert client.says("arrancar") == "The machine is on already. Peticions Ollama: 3"
    assert client.says("apagar") == (
        "The machine stays on: key:env-1 claims it (arrancar from 192.0.2.7), 2 times. Peticions Ollama: 2"
    )
    assert asked(owner.settings.data, "gpu") is None
    client.says("apagar")
    assert client.says("apagar").startswith("The machine is put to sleep")
    assert asked(owner.settings.data, "gpu") == ("sleep", "key:env-1")
    assert client.says("apagar").endswith("Peticions Ollama: 0")
    rows = audit.rows(owner.settings.data, 20, operation="gateway.arrancar")
    assert [row.entry.principal for row in rows] == ["key:env-1"] * 5


def test_a_client_gives_back_its_own_first_and_never_that_of_another_key(owner: Asker) -> None:
    here, there = Client(owner), Client(owner, address="192.0.2.8")
    other = Client(owner, "key:env-2")
    other.post("arrancar")
    there.post("arrancar")
    here.post("arrancar")
    here.post("apagar")
    notes = [(one.owner, one.note) for one in gateway_leases.leases(owner.settings.data, owner.now_ms)]
    assert notes == [("key:env-2", "arrancar from 192.0.2.7"), ("key:env-1", "arrancar from 192.0.2.8")]
    here.post("apagar")  # the key's other one: two clients behind one proxy look like one that moved
    assert here.says("apagar").endswith("Peticions Ollama: 1")


def test_the_claim_of_a_client_that_crashed_ends(owner: Asker) -> None:
    Client(owner).post("arrancar")
    assert (count(owner, owner.now_ms + 599_999), count(owner, owner.now_ms + 600_000)) == (1, 0)


def test_the_claim_of_a_client_that_works_lives_on(owner: Asker) -> None:
    data, machine = owner.settings.data, machines.machine(owner.settings.data, "gpu")
    assert machine is not None
    Client(owner).post("arrancar")
    Client(owner, address="192.0.2.8").post("arrancar")
    legacy.sign_of_life(data, machine, "key:env-1", "192.0.2.7", owner.now_ms + 500_000)
    assert count(owner, owner.now_ms + 1_000_000) == 1
    legacy.sign_of_life(data, machine, "key:env-9", "192.0.2.7", owner.now_ms + 1_000_000)
    assert count(owner, owner.now_ms + 1_100_000) == 0


def test_a_stop_respects_what_keeps_the_machine_awake(owner: Asker) -> None:
    client, data = Client(owner), owner.settings.data
    stand(data, "gpu", "awake", owner.now_ms)
    owner("gateway.permanent", machine="gpu", on=True)
    assert client.says("apagar").startswith("The machine stays on: it is kept awake for good")
    owner("gateway.permanent", machine="gpu", on=False)
    request(data, "gpu", "r1", owner.now_ms)
    assert "1 request on the way" in client.says("apagar")
    assert asked(data, "gpu") is None


def test_a_stop_of_what_is_off_or_cannot_sleep(owner: Asker) -> None:
    client = Client(owner)
    assert client.says("apagar") == "The machine is off already. Peticions Ollama: 0"
    owner("gateway.machine.change", name="gpu", sleep="never")
    stand(owner.settings.data, "gpu", "awake", owner.now_ms)
    assert "nothing says how it is put to sleep" in client.says("apagar")


STEPS = st.lists(
    st.tuples(st.sampled_from(("arrancar", "apagar", "init", "end")), st.integers(0, 1), st.integers(0, 1)), max_size=12
)


@hypothesis.settings(max_examples=40, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture])
@hypothesis.given(steps=STEPS)
def test_whatever_clients_do_each_claim_counts_once(owner: Asker, steps: list[tuple[str, int, int]]) -> None:
    """Two keys at two addresses each, against a model: a list of who claimed. `end` is a client that crashed."""
    Client(owner).post("init")
    clients = {(key, place): Client(owner, f"key:{key}", f"192.0.2.{place}") for key in (0, 1) for place in (0, 1)}
    model: list[tuple[int, int]] = []
    for step, key, place in steps:
        if step == "end":
            machine = machines.machine(owner.settings.data, "gpu")
            assert machine is not None
            held = [
                one.id for one in legacy.living(owner.settings.data, machine, owner.now_ms) if one.owner == f"key:{key}"
            ]
            for lease in held:
                claims.release(owner.settings.data, lease, owner.now_ms)
            model = [one for one in model if one[0] != key]
            continue
        answer = clients[key, place].post(step)
        if step == "arrancar":
            model.append((key, place))
        elif step == "init":
            model.clear()
        elif mine := [one for one in model if one[0] == key]:
            model.remove((key, place) if (key, place) in mine else mine[0])
        assert count(owner) == len(model)
        assert "init" in step or answer["mensaje"].endswith(f"Peticions Ollama: {len(model)}")
    notes = sorted((one.owner, one.note) for one in gateway_leases.leases(owner.settings.data, owner.now_ms))
    assert notes == sorted((f"key:{key}", f"arrancar from 192.0.2.{place}") for key, place in model)


def test_init_forgets_claims_of_older_clients_only(owner: Asker) -> None:
    data = owner.settings.data
    Client(owner).post("arrancar")
    owner("gateway.permanent", machine="gpu", on=True)
    lease = owner("gateway.lease", machine="gpu")["lease"]["id"]
    answer = Client(owner, "key:env-2").post("init")
    assert answer["success"] is True
    assert (answer["status"]["peticions_ollama"], answer["status"]["permanent_on"]) == (0, False)
    assert answer["status"]["message"] == "Init: The machine is asleep"
    assert [one.id for one in gateway_leases.leases(data, owner.now_ms)] == [lease]


def test_shutdown_ends_claims_and_puts_to_sleep_whatever_is_loaded(owner: Asker) -> None:
    data, client = owner.settings.data, Client(owner)
    client.post("arrancar")
    owner("gateway.permanent", machine="gpu", on=True)
    assert client.says("shutdown") == "The machine is off already; the state was reset. Peticions Ollama: 0"
    known = gateway.state(data, "gpu")
    assert known is not None
    assert not known.permanent
    stand(data, "gpu", "awake", owner.now_ms)
    assert client.says("shutdown").startswith("The machine is being put to sleep")
    assert asked(data, "gpu") == ("force", "key:env-1")


def test_shutdown_does_not_cut_off_what_others_do(owner: Asker, settings: Settings) -> None:
    data, client = owner.settings.data, Client(owner)
    stand(data, "gpu", "awake", owner.now_ms)
    request(data, "gpu", "r1", owner.now_ms)
    assert client.says("shutdown").startswith("The machine goes to sleep once nobody uses it: 1 request on the way")
    assert asked(data, "gpu") is None
    owner("gateway.shutdown", legacy.REGISTRY)
    assert asked(data, "gpu") == ("force", "user:ada")


@pytest.mark.parametrize(("route", "field"), [("arrancar", "wake"), ("shutdown", "sleep")])
def test_what_nothing_does_is_refused(owner: Asker, route: str, field: str) -> None:
    owner("gateway.machine.change", name="gpu", **{field: "never"})
    if route == "shutdown":
        stand(owner.settings.data, "gpu", "awake", owner.now_ms)
    with pytest.raises(OperationError) as refused:
        Client(owner).post(route)
    assert refused.value.status == 503
    assert "nothing says how gpu is" in refused.value.message


def test_claims_have_a_bound(owner: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "CLAIMS_MAX", 1)
    Client(owner).post("arrancar")
    with pytest.raises(OperationError) as refused:
        Client(owner).post("arrancar")
    assert (refused.value.code, refused.value.status) == ("too_many", 503)


def test_the_agent_of_the_machine_says_that_it_is_on(
    owner: Asker, machine: Callable[..., Any], now_ms: int, settings: Settings
) -> None:
    host = machine("gpu-box")
    owner("gateway.machine.change", name="gpu", host=host.id)
    found = machines.machine(settings.data, "gpu")
    assert found is not None
    stand(settings.data, "gpu", "waking", now_ms)
    assert legacy.facts(settings.data, found, now_ms).is_heard is False
    host.push([[now_ms, [1, 2, 3, 4]]], now_ms)
    assert legacy.facts(settings.data, found, now_ms).is_heard is True


def test_without_a_default_machine_there_is_nothing(settings: Settings, now_ms: int) -> None:
    with pytest.raises(OperationError, match="no machine is the default one"):
        Asker(settings, now_ms)("gateway.init", legacy.REGISTRY)
