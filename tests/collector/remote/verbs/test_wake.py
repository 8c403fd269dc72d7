"""wake: through an agent that is near."""

import threading
import time

from ..counterparts import Obedient, await_true, done

MAC = "02:00:00:00:00:01"


def test_what_cannot_be_woken_is_said_with_the_reason(operator, machine):
    machine("wak-unknown")
    ran = operator("wake", "wak-unknown")
    assert (ran.code, ran.out) == (7, "")
    assert ran.err.startswith("wakeful: ")
    assert operator("wake", "nobody-so").code == 5
    assert operator("wake", "wak-unknown", "host=x").code == 2
    assert operator("wake", "wak-unknown", "relay=nobody-so").code == 5
    assert operator("wake", "wak-unknown", "check=nonsense").code == 2


def test_a_neighbour_sends_the_packet(operator, announcing, machine, now_ms):
    parameters = {"mac": {"kind": "text", "pattern": ".*"}}
    relay = announcing("wak-relay", actions=[{"name": "wake", "danger": "none", "parameters": parameters}])
    body = {"interfaces": [{"name": "eth0", "mac": MAC, "addresses": ["192.0.2.7/24"]}]}
    asleep = machine("wak-nas")
    asleep.push([], now_ms, hello={"name": "wak-nas"}, inventories={"network": {"hash": "h", "body": body}})
    with Obedient(relay, done) as agent:
        ran = operator("wake", "wak-nas", "relay=wak-relay")
        if ran.code == 0:
            assert [one["action"] for one in agent.heard] == ["wake"]
            assert "done wake on wak-relay" in ran.out
        else:
            assert (ran.code, ran.err.startswith("wakeful: ")) == (7, True), ran


def test_whoever_waits_waits_until_the_machine_itself_reports(operator, announcing, machine, now_ms):
    parameters = {name: {"kind": "text", "required": False} for name in ("mac", "name", "address")}
    relay = announcing("wak-near", actions=[{"name": "wake", "danger": "none", "parameters": parameters}])
    card = {"interface": "eth0", "kind": "physical", "mac": MAC, "addresses": ["198.18.7.7/24"]}
    asleep = machine("wak-late")
    asleep.push([], now_ms - 86_400_000, hello={"name": "wak-late", "networks": [card]})
    with Obedient(relay, done):
        at_once = operator("wake", "wak-late", "relay=wak-near")
        assert (at_once.code, "reports" in at_once.out) == (0, False), at_once
        ran = operator("wake", "wak-late", "relay=wak-near", "--wait", "2s")
        assert (ran.code, "wak-late has not reported within" in ran.err) == (6, True), ran
        later = threading.Timer(3.0, asleep.push, [[], now_ms + 60_000])
        later.start()
        ran = operator("wake", "wak-late", "relay=wak-near", "--wait", "30s")
        later.join()
    assert (ran.code, ran.err, ran.out.splitlines()[-1]) == (0, "", "wak-late reports."), ran


def test_a_collector_that_goes_away_meanwhile_is_waited_for(serve, machine_of, wakeful):
    served = serve()
    parameters = {name: {"kind": "text", "required": False} for name in ("mac", "name", "address")}
    actions = [{"name": "wake", "danger": "none", "parameters": parameters}]
    relay, asleep = machine_of(served, "wak-there"), machine_of(served, "wak-back")
    relay.push([], 0, hello={"name": "wak-there", "version": "0.1.0", "actions": actions})
    card = {"interface": "eth0", "kind": "physical", "mac": MAC, "addresses": ["198.18.7.8/24"]}
    asleep.push([], 0, hello={"name": "wak-back", "networks": [card]})
    environ = {"WAKEFUL_URL": served.url, "WAKEFUL_API_KEY": served.key("read", "operate")}
    told = []

    def restart_and_report():
        await_true(lambda: told, "the packet was asked for")
        time.sleep(0.5)  # by then it waits for the machine
        served.stop()
        time.sleep(1.5)
        served.start()
        asleep.push([], 0)

    def judge(command):
        told.append(command)
        return done(command)

    meanwhile = threading.Thread(target=restart_and_report)
    meanwhile.start()
    with Obedient(relay, judge):
        ran = wakeful("wake", "wak-back", "relay=wak-there", "--wait", "60s", **environ)
        meanwhile.join()
    assert (ran.code, ran.err, ran.out.splitlines()[-1:]) == (0, "", ["wak-back reports."]), ran
