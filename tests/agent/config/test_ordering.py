from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent import askable
from wakeful_agent.config import ConfigErrors, Folders, load
from wakeful_agent.config.orders import NO_ORDERS, KnownOrders, KnownWatch, Orders, Policy
from wakeful_agent.config.sample import in_force
from wakeful_agent.options import Option, check_options

if TYPE_CHECKING:
    from pathlib import Path

SERVER_OPTIONS = (
    Option("server", "", "which server"),
    Option("port", 25565, "which port", least=1, most=65_535),
    Option("key", "", "the key", secret=True),
    Option("key_file", "", "a file with it"),
)
UNIT_OPTIONS = (Option("unit", "", "which unit"),)


def kind(options: tuple[Option, ...], acts: bool, *verbs: str) -> KnownWatch:
    def check(given: Any) -> list[str]:
        return check_options(options, given, local=True)[1]

    return KnownWatch(options, [options[0].name], check, acts, verbs, lambda given: str(given.get("server", "")))


KNOWN = KnownOrders(
    askable.known_orders().actions,
    {"server": lambda: kind(SERVER_OPTIONS, True, "server.stop"), "unit": lambda: kind(UNIT_OPTIONS, False)},
)
ACTION = """\
[[action]]
name = "restart-web"
argv = ["/usr/bin/systemctl", "restart", "{unit}"]
[action.parameters.unit]
kind = "choice"
choices = ["nginx.service", "php.service"]
"""
WATCH = """\
[[watch]]
name = "web"
kind = "unit"
unit = "nginx.service"
action = "restart-web"
[watch.arguments]
unit = "nginx.service"
"""


def orders(folder: Path, text: str) -> Orders:
    file = folder / "agent.toml"
    file.write_text(text)
    file.chmod(0o644)
    return load(Folders(str(folder), str(folder)), {"HOME": str(folder)}, {}, lambda: KNOWN).config.orders


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        orders(folder, text)
    return [str(problem).replace(f"{folder}/agent.toml:", "") for problem in caught.value.problems]


def test_a_file_that_says_nothing_of_it_permits_nothing(tmp_path: Path) -> None:
    assert orders(tmp_path, 'name = "web"') is NO_ORDERS
    assert NO_ORDERS.policy.allow == ()


def test_policy_actions_and_watches_are_read_together(tmp_path: Path) -> None:
    policy = """\
[policy]
allow = ["restart-web", "restart_unit", "watch.pause", "restart-web"]
per_hour = 5
dry_run = true
[policy.restart_unit]
units = ["nginx.service"]
"""
    found = orders(tmp_path, policy + ACTION + WATCH)
    assert found.policy == Policy(
        ("restart-web", "restart_unit", "watch.pause"), 5, True, {"restart_unit": {"units": ["nginx.service"]}}
    )
    (action,) = found.actions
    assert (action.name, action.timeout_seconds, action.danger, action.as_root) == ("restart-web", 60, "changes", False)
    assert action.parameters[0].choices == ("nginx.service", "php.service")
    (watch,) = found.watches
    assert (watch.kind, watch.options, watch.action) == ("unit", {"unit": "nginx.service"}, "restart-web")
    assert watch.arguments == {"unit": "nginx.service"}
    assert (watch.attempts, watch.window_seconds, watch.respect_stop, watch.dry_run) == (5, 1800, True, False)


def test_what_is_in_force_is_shown(tmp_path: Path) -> None:
    assert orders(tmp_path, "[policy.restart_unit]\nunits = ['a.service']\n" + ACTION + WATCH)
    found = load(Folders(str(tmp_path), str(tmp_path)), {"HOME": str(tmp_path)}, {}, lambda: KNOWN)
    rows = [row for row in in_force(found) if row[0].startswith(("policy", "action", "watch"))]
    assert rows == [
        ("policy.allow", [], "agent.toml"),
        ("policy.per_hour", 30, "agent.toml"),
        ("policy.dry_run", False, "agent.toml"),
        ("policy.restart_unit.units", ["a.service"], "agent.toml"),
        ("action restart-web", ["/usr/bin/systemctl", "restart", "{unit}"], "agent.toml"),
        ("watch web", "unit", "agent.toml"),
    ]


def test_a_watch_may_be_repaired_by_an_action_of_the_agents_own(tmp_path: Path) -> None:
    policy = '[policy.restart_unit]\nunits = ["nginx.service"]\n'
    watch = WATCH.replace('"restart-web"', '"restart_unit"')
    (found,) = orders(tmp_path, policy + watch).watches
    assert (found.action, found.arguments) == ("restart_unit", {"unit": "nginx.service"})
    assert "must be one of the choices" in problems(tmp_path, watch)[0]


def test_everything_that_is_wrong_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    text = """\
[policy]
allow = ["*", "rm"]
per_hour = 100000
everything = true
[policy.restart_unit]
units = "nginx"
[[action]]
name = "Shout"
argv = ["echo", "{x}"]
colour = "red"
[[watch]]
name = "a b"
kind = "unit"
[[watch]]
name = "s"
kind = "server"
server = "s1"
key = "hunter2"
attempts = 0
port = 0
"""
    told = problems(tmp_path, text)
    starts = [one.partition("\n")[0] for one in told]
    for expected in (
        "2: policy: allow names '*'",
        "2: policy: allow names 'rm', which is no action",
        "3: policy: per_hour must be a whole number from 1 to 600",
        "4: policy: everything is not a setting",
        "5: policy.restart_unit: units must be a list of text",
        "8: [[action]]: name must be 1 to 64 of a-z, 0-9 and -",
        "9: Shout: argv must begin with the absolute path of a program, without parameters in it",
        "9: Shout: argv names {x}, which is no parameter",
        "10: [[action]]: colour is not a setting",
        "12: [[watch]]: name must be 1 to 64 letters, digits, '.', '_' or '-'",
        "11: watch a b: unit must be given",
        "11: watch a b: action must be given: this kind cannot repair by itself",
        "18: watch s: key is a secret and must not stand in agent.toml",
        "19: watch s: attempts must be a whole number from 1 to 100",
        "20: watch s: port must be at least 1",
    ):
        assert expected in starts, (expected, starts)
    assert len(told) == 15
    assert "hunter2" not in "".join(told)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("policy = 1", "policy: must be a table"),
        ("action = 1", "must be written [[action]]"),
        ("[watch]\nname = 'a'", "must be written [[watch]]"),
        ("[policy]\nallow = 'wake'", "must be a list"),
        ("[policy]\nallow = ['restart_unit']", "units must name at least one"),
        ("[policy]\nallow = ['restart_unit']\n[policy.restart_unit]\nunits = ['-x']", "is no name of a unit"),
        ("[policy]\nallow = ['watch.pause']", "is no action"),
        ("[policy.restart_unit]\nunits = ['a']\nfolders = ['b']", "folders is not an option"),
        ("[[action]]\nname = 'wake'\nargv = ['/bin/true']", "which another action has"),
        (ACTION + ACTION, "'restart-web', which another action has"),
        (ACTION.replace("choices", "choice"), "choice is not a setting"),
        (ACTION.replace('kind = "choice"\n', ""), "kind must be one of"),
        (ACTION.replace('"choice"', '"flag"'), "choices is nothing of the kind flag"),
        (ACTION.replace("parameters.unit", "parameters.Unit"), "has no usable name"),
        (ACTION + 'default = "other"', "default must be one of the choices"),
        (WATCH, "'restart-web', which is no action here"),
        (ACTION + WATCH + WATCH, "'web', which another watch has"),
        (ACTION + WATCH.replace('"web"', '"all"', 1), "must not be 'all'"),
        (ACTION + WATCH.replace('unit = "nginx.service"', 'unit = "a"'), "must be one of the choices"),
        (ACTION + WATCH.replace('kind = "unit"', 'kind = "moon"'), "'moon', which is no kind of watch"),
        ("[[watch]]\nname = 's'\nkind = 'server'\nserver = 'a'\narguments = {a = 1}", "and none is named"),
        (
            "[[watch]]\nname='s'\nkind='server'\nserver='a'\nbackoff_seconds = 60\nbackoff_max_seconds = 5",
            "is less than backoff_seconds",
        ),
        (
            "[[watch]]\nname='s'\nkind='server'\nserver='a'\n[[watch]]\nname='t'\nkind='server'\nserver='a'",
            "keeps what the watch s keeps: a",
        ),
    ],
)
def test_what_can_be_wrong(tmp_path: Path, text: str, problem: str) -> None:
    told = problems(tmp_path, text)
    assert problem in "\n".join(told)


def test_what_is_broken_is_not_told_twice(tmp_path: Path) -> None:
    """An action or a watch that is wrong is still known by its name."""
    broken = ACTION.replace("{unit}", "{other}")
    told = problems(tmp_path, "[policy]\nallow = ['restart-web', 'watch.pause']\n" + broken + "[[watch]]\nname = 'a'")
    assert not [one for one in told if "allow" in one]


def test_there_are_bounds(tmp_path: Path) -> None:
    many = "".join(f"[[action]]\nname = 'a{n}'\nargv = ['/bin/true']\n" for n in range(129))
    assert "is there 129 times, at most 128 are taken" in problems(tmp_path, many)[0]


def test_an_action_with_all_kinds_of_parameters(tmp_path: Path) -> None:
    text = """\
[[action]]
name = "deploy"
argv = ["/opt/deploy", "{branch}", "--jobs={jobs}", "{force}"]
danger = "destroys"
timeout_seconds = 300
as_root = true
output = true
ends_agent = true
help = "Brings a branch out"
[action.parameters.branch]
kind = "text"
pattern = "[a-z0-9/-]{1,40}"
help = "which branch"
[action.parameters.jobs]
kind = "number"
least = 1
most = 8
default = 2
[action.parameters.force]
kind = "flag"
value = "--force"
"""
    (action,) = orders(tmp_path, text).actions
    assert [one.kind for one in action.parameters] == ["text", "number", "flag"]
    assert (action.danger, action.as_root, action.output, action.timeout_seconds) == ("destroys", True, True, 300)
    assert action.ends_agent


def test_parameters_that_are_wrong(tmp_path: Path) -> None:
    text = """\
[[action]]
name = "deploy"
argv = ["/opt/deploy", "{a}", "{b}", "{c}", "{d}", "{e}"]
[action.parameters.a]
kind = "text"
pattern = "(a+)+"
[action.parameters.b]
kind = "number"
least = 5
[action.parameters.c]
kind = "number"
least = 5
most = 1
[action.parameters.d]
kind = "choice"
[action.parameters.e]
kind = "flag"
"""
    told = "\n".join(problems(tmp_path, text))
    for expected in (
        "6: parameter a of deploy: pattern repeats a group",
        "9: parameter b of deploy: least and most must be given",
        "13: parameter c of deploy: most is 1, less than least",
        "14: parameter d of deploy: choices must name at least one",
        "16: parameter e of deploy: value must be the word",
    ):
        assert expected in told


def test_a_file_of_the_agents_own_user_permits_nothing_where_it_could_change_it(tmp_path: Path) -> None:
    """The service's user owns the file, and it does not lie in that user's home."""
    file = tmp_path / "agent.toml"
    file.write_text("[policy]\nallow = ['restart-web']\n" + ACTION)
    file.chmod(0o600)
    stranger = os.geteuid() + 1 if os.geteuid() else 4242
    if os.geteuid() == 0:
        os.chown(file, stranger, -1)
    home = {"HOME": "/nonexistent"}
    found = load(Folders(str(tmp_path), str(tmp_path)), home, {}, lambda: KNOWN)
    assert found.config.orders.policy.allow == ()
    assert found.config.orders.policy.void
    (warning,) = found.warnings
    assert warning.line == 1
    assert "policy permits nothing" in warning.text
    assert "chown root" in warning.hint


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_file_that_others_may_change_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "agent.toml"
    file.write_text("[policy]\nallow = ['restart-web']\n" + ACTION)
    file.chmod(mode)
    with pytest.raises(ConfigErrors, match="may be changed by others"):
        load(Folders(str(tmp_path), str(tmp_path)), {}, {}, lambda: KNOWN)
