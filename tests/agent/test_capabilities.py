from wakeful_agent.capabilities import banner, flips, granted, missing, summary
from wakeful_agent.host.sudoers import sudoers
from wakeful_wire.push import parse_hello


def test_the_form_it_travels_in():
    assert missing("smart", "no", "sudo x", "all").document() == {
        "name": "smart",
        "available": False,
        "reason": "no",
        "fix": "sudo x",
        "exposes": "all",
    }


def test_a_flip_is_one_sentence():
    before = [granted("a"), missing("b", "no"), granted("c")]
    after = [missing("a", "gone"), granted("b"), granted("c"), missing("new", "never")]
    assert flips(before, after) == ["a: no longer available: gone", "b: now available"]
    assert flips([], after) == []


def test_the_banner_lists_what_is_there_first():
    items = [missing("z", "no rights", "grant it", "secrets"), missing("y", "none here"), granted("x", "fine")]
    assert banner(items) == [
        "+ x: fine",
        "- y: none here",
        "- z: no rights",
        "    to grant: grant it",
        "    exposes:  secrets",
    ]


def test_the_banner_names_what_is_not_on_this_machine_in_one_line():
    items = [missing("z", "no rights"), missing("redis", "none here", "apt install"), granted("x")]
    assert banner(items, ["redis"]) == [
        "+ x",
        "- z: no rights",
        "  not on this machine: redis (docs/meters.md says what each looks for)",
    ]


def test_the_summary_for_the_log():
    items = [
        missing("z", "no rights", "grant it", "secrets"),
        missing("redis", "none here"),
        granted("x"),
        granted("y"),
    ]
    assert summary(items, ["redis"]) == [
        "can be read here: x, y",
        "not readable: z: no rights; to grant: grant it",
        "not on this machine: redis",
    ]
    assert summary([granted("x"), missing("y", "no")]) == ["can be read here: x", "not readable: y: no"]


def test_what_is_too_long_for_the_wire_is_left_out_whole():
    jails = [("/usr/bin/fail2ban-client", "status", f"jail-number-{number}") for number in range(100)]
    item = missing("fail2ban", "no\nrights", sudoers("fail2ban", jails), "x" * 9000)
    hello = {"capabilities": [item.document(), missing("y", "r" * 9000, "fix").document()]}
    first, second = parse_hello(hello)["capabilities"]
    assert first["fix"] == ""
    assert first["reason"] == "no\ufffdrights; `wakeful-agent doctor` prints what grants it"
    assert len(first["exposes"]) == 4096
    assert (len(second["reason"]), second["fix"]) == (4096, "fix")
