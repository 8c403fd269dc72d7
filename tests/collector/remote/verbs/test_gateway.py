"""gateway: machines that serve models, from a terminal and from scripts."""

import sys
import threading
import time

import pytest

from wakeful_collector import clock
from wakeful_collector.remote.failure import FAILED, NOT_FOUND, OK, REFUSED, TIMED_OUT, USAGE
from wakeful_collector.store import gateway_answers, gateway_states
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_answers import Answer

from ....fakes.ssh_server import new_key
from ..counterparts import await_true

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def gateway(operator, shared, shared_keys):
    """Run `wakeful gateway ...`; with the scope admin unless something else is said."""

    def run(*words, scope="admin", **more):
        return operator("gateway", *words, scope=scope, **more)

    yield run
    for one in run("status", "--json").document["machines"]:
        run("remove", one["name"], "--yes")


@pytest.fixture
def gpu(gateway):
    """A machine that is never woken and never answers: the worker leaves it as a test puts it for a while."""
    assert gateway("add", "gpu", f"url={NOWHERE}", "wake=never", "sleep=ssh", "ssh_user=ia", "ssh_port=9").code == OK
    return "gpu"


def stand(shared, state, reason="a reason"):
    """Let the machine be in a state, looked at just now."""
    now_ms = clock.now_ms()
    with changing_gateway(shared.data) as connection:
        memory = {"used_ms": now_ms, "probed_ms": now_ms, "looked_ms": now_ms, "cool_ms": now_ms + 60_000}
        gateway_states.keep(connection, "gpu", state, now_ms, reason, memory)


def test_nothing_yet_says_how_to_begin(gateway):
    ran = gateway()
    assert (ran.code, ran.out) == (OK, "")
    assert "wakeful gateway add NAME" in ran.err
    assert gateway("machines").err == ran.err
    assert gateway("--json").document == {"machines": []}


def test_machines_are_added_changed_and_removed(gateway, gpu):
    machines = gateway("machines").out
    assert NOWHERE in machines
    assert "never" in machines
    assert gateway("machines", gpu, "--json").document["machines"][0]["url"] == NOWHERE
    assert gateway("add", gpu, f"url={NOWHERE}").code == REFUSED
    wrong = gateway("add", "other", "url=ftp://x", "mac=nonsense")
    assert wrong.code == USAGE
    assert "mac is 'nonsense'" in wrong.err
    changed = gateway("change", gpu, "idle_seconds=600", "awake_days=mon,fri", "--yes")
    assert changed.code == OK
    assert gateway("change", gpu, "idle_seconds=600").code == REFUSED  # nobody is there to say yes
    assert gateway("change", gpu, "host=nobody-here", "--yes").code == NOT_FOUND
    assert gateway("remove", gpu).code == REFUSED
    assert gateway("remove", gpu, "--yes").out.startswith("done gateway.machine.remove")
    assert gateway("status", gpu).code == NOT_FOUND


def test_secrets_never_stand_in_a_command_line(gateway, gpu, tmp_path):
    ran = gateway("change", gpu, "ssh_password=hush", "--yes")
    assert ran.code == USAGE
    assert "hush" not in ran.err
    key = new_key()
    (tmp_path / "key").write_text(key)
    ran = gateway("change", gpu, f"ssh_key=@{tmp_path / 'key'}", "ssh_password=@-", "--yes", stdin="hush\n")
    assert ran.code == OK
    assert "ssh_key" in ran.out
    assert "hush" not in ran.out + ran.err
    assert key.splitlines()[1] not in ran.out + ran.err


def test_how_a_machine_stands(gateway, gpu, shared):
    stand(shared, "awake", "it answered after 42 s")
    whole = gateway("status", gpu)
    for word in ("gpu", "awake for", "it answered after 42 s", NOWHERE):
        assert word in whole.out
    lines = gateway().out.splitlines()
    assert lines[0].split() == ["MACHINE", "STATE", "FOR", "NEXT"]
    assert lines[1].startswith("gpu*")
    (found,) = gateway("status", gpu, "--json", scope="read").document["machines"]
    assert found["name"] == "gpu"


def test_leases_are_taken_shown_and_released(gateway, gpu, shared):
    stand(shared, "awake")
    ran = gateway("lease", gpu, "--for", "2h", "--note", "training", "--no-wait", scope="operate")
    assert ran.code == OK
    lease = ran.out.split()[0]
    assert f"wakeful gateway release {lease}" in ran.err
    assert "training" in gateway("status", gpu).out
    document = gateway("lease", gpu, "--no-wait", "--json").document
    assert document["result"]["lease"]["owner"] == "key:cli-admin"
    assert gateway("release", lease).code == OK
    assert gateway("release", lease).code == NOT_FOUND
    assert gateway("release", document["result"]["lease"]["id"], "--json").document["result"]["released"] is True


def test_a_machine_is_woken_and_waited_for(gateway, gpu, shared):
    gateway("change", gpu, "wake=packet", "mac=02:00:00:00:00:01", "boot_seconds=600", "--yes")
    answers = []
    thread = threading.Thread(target=lambda: answers.append(gateway("wake", gpu, "--wait", "30s")))
    thread.start()
    await_true(lambda: _state(shared) == "waking", "the worker wakes it")
    time.sleep(3)  # it is looked at twice a second
    stand(shared, "awake", "it answered")
    thread.join(40)
    assert answers[0].code == OK
    assert "gpu is waking" in answers[0].err
    assert "awake for" in answers[0].out


def test_patience_ends_and_what_never_wakes_is_said(gateway, gpu, shared):
    stand(shared, "unreachable", "no answer within 180 s")
    refused = gateway("wake", gpu, "--wait", "2s")
    assert (refused.code, "nothing says how gpu is woken" in refused.err) == (REFUSED, True)
    failed = gateway("lease", gpu, "--wait", "2s")
    assert failed.code == FAILED
    assert "no answer within 180 s" in failed.err
    stand(shared, "unreachable", "no answer within 180 s")
    assert gateway("lease", gpu, "--wait", "2s", "--json").code == FAILED
    gateway("change", gpu, "wake=packet", "mac=02:00:00:00:00:01", "boot_seconds=600", "--yes")
    stand(shared, "waking")
    assert gateway("lease", gpu, "--wait", "1s", "--json").code == TIMED_OUT


def test_a_machine_is_put_to_sleep_after_a_yes(gateway, gpu, shared):
    stand(shared, "awake")
    assert gateway("sleep", gpu).code == REFUSED
    gateway("lease", gpu, "--no-wait")
    in_use = gateway("sleep", gpu, "--yes")
    assert (in_use.code, "is in use" in in_use.err) == (REFUSED, True)
    asked = gateway("sleep", gpu, "--force", "--yes")
    assert (asked.code, asked.out) == (OK, "asked gpu to sleep; it is awake: a reason\n")
    assert "wakeful gateway status gpu" in asked.err
    stand(shared, "awake")
    assert gateway("sleep", gpu, "--force", "--yes", "--json").document["result"]["state"] == "awake"
    gateway("change", gpu, "sleep=never", "--yes")
    assert "nothing says how gpu is put to sleep" in gateway("sleep", gpu, "--force", "--yes").err


def test_it_is_kept_awake_for_good(gateway, gpu):
    assert gateway("permanent", gpu, "on").code == OK
    assert "for good" in gateway("status", gpu).out
    assert gateway("permanent", gpu, "off", "--json").document["result"]["permanent"] is False
    for words in (("permanent", gpu), ("permanent", gpu, "maybe"), ("permanent",)):
        assert gateway(*words).code == USAGE


def test_models_as_they_were_seen_last(gateway, gpu, shared):
    assert "No models were seen yet" in gateway("models").out
    body = b'{"models":[{"name":"llama3:latest","size":4700000000}]}'
    with changing_gateway(shared.data) as connection:
        for path in ("/api/tags", "/api/ps"):
            gateway_answers.keep(connection, Answer("gpu", path, 200, "application/json", body, clock.now_ms()))
    shown = gateway("models", gpu).out
    assert "llama3:latest" in shown
    assert "4.7 GB" in shown
    assert gateway("models", "--json").document["machines"][0]["models"][0]["name"] == "llama3:latest"


def test_a_key_is_trusted_after_a_yes(gateway, gpu, shared):
    stand(shared, "awake", "the SSH key has changed")
    asked = gateway("trust", gpu)
    assert (asked.code, "the SSH key has changed" in asked.err) == (REFUSED, True)
    for more in ((), ("--fingerprint", "SHA256:" + "a" * 43)):  # nobody listens there: no key is shown
        ran = gateway("trust", gpu, *more, "--yes")
        assert (ran.code, "its key cannot be seen now" in ran.err) == (REFUSED, True)


def test_limits_of_keys(gateway):
    ran = gateway("limit", "laptop", "concurrency=2", "models=llama3*,qwen*")
    assert ran.code == OK
    assert "key:laptop" in ran.out
    assert gateway("limit", "laptop", "remove=yes").code == OK


def test_a_command_runs_while_the_machine_is_held(gateway, gpu, shared, tmp_path):
    stand(shared, "awake")
    held = tmp_path / "held"
    program = f"import sys, pathlib; pathlib.Path({str(held)!r}).write_text(' '.join(sys.argv[1:])); sys.exit(7)"
    ran = gateway("lease", gpu, "--note", "a job", "--", sys.executable, "-c", program, "--epochs", "3")
    assert (ran.code, held.read_text()) == (7, "--epochs 3")
    assert "a job" not in gateway("status", gpu).out


def test_what_is_too_much_or_unknown_is_usage(gateway):
    for words in (("nothing",), ("wake",), ("wake", "gpu", "more"), ("status", "a", "b"), ("add", "gpu", "x")):
        assert gateway(*words).code == USAGE


def test_keys_of_the_gateway_do_what_they_may(shared, gateway, gpu, wakeful):
    stand(shared, "awake")
    environ = {"WAKEFUL_URL": shared.url, "WAKEFUL_API_KEY": shared.key("gateway")}
    waited = wakeful("gateway", "lease", "gpu", **environ)
    assert (waited.code, "gpu  awake for" in waited.out) == (OK, True)
    ran = wakeful("gateway", "lease", "gpu", "--", "/bin/sh", "-c", "exit 3", **environ)
    assert (ran.code, ran.err) == (3, "")
    assert wakeful("gateway", "sleep", "gpu", "--force", "--yes", **environ).code == REFUSED
    assert wakeful("gateway", "remove", "gpu", "--yes", **environ).code == REFUSED


def _state(shared):
    with changing_gateway(shared.data) as connection:
        found = gateway_states.of(connection, "gpu")
    return found.state if found else ""
