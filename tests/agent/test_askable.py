from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent import askable, watches
from wakeful_agent.action import Parameter
from wakeful_agent.actions.named import NamedAction
from wakeful_agent.askable import Making, known_orders, make_action, make_watches, rights, summary
from wakeful_agent.config.orders import ActionSetting, Orders, Policy, WatchSetting
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host
from wakeful_wire.answer import Command

from .daemon.stand import CONFIG

if TYPE_CHECKING:
    from pathlib import Path

UNITS = {"restart_unit": {"units": ["nginx.service", "php.service"]}}
WEB = ActionSetting("restart-web", ("/bin/true",), as_root=True)
PANEL = {"panel": "https://panel.example.org", "server": "1a2b3c4d", "key_file": "/etc/wakeful/key"}


def test_what_is_known_is_loaded_when_it_is_asked_for() -> None:
    known = known_orders()
    assert "restart_unit" in known.actions
    unit = known.actions["restart_unit"]()
    assert unit.check({"units": ["nginx.service"]}) == []
    assert "must be a list of text" in unit.check({"units": "nginx"})[0]
    assert "must name at least one" in unit.check({})[0]
    assert "no name of a unit" in unit.check({"units": ["-x"]})[0]
    assert unit.parameters({"units": ["a.service"]})[0].choices == ("a.service",)
    server = known.watches["pterodactyl"]()
    assert server.acts
    assert "server.stop" in server.verbs
    assert server.check({"console_lines": 5000}) == ["console_lines must be at most 200"]
    assert server.subject(PANEL)


@pytest.mark.parametrize("name", watches.names())
def test_every_kind_of_the_table_is_what_it_says(name: str) -> None:
    made = watches.load(name)
    assert made.kind == name
    assert made.options
    assert set(made.required) <= {option.name for option in made.options}
    assert made.hears or made.look.__qualname__ != "Watch.look"


def test_an_action_is_the_files_or_the_agents_own() -> None:
    said = Orders(Policy(options=UNITS), (WEB,))
    assert isinstance(make_action(said, "restart-web"), NamedAction)
    made = make_action(said, "restart_unit")
    assert made is not None
    assert made.parameters[0].choices == ("nginx.service", "php.service")
    assert make_action(said, "rm") is None


def test_a_watch_is_repaired_by_the_action_it_names(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    action = ActionSetting(
        "touch-it", ("/usr/bin/touch", "{file}"), parameters=(Parameter("file", "text", pattern=".*"),)
    )
    setting = WatchSetting("s", "pterodactyl", PANEL, action="touch-it", arguments={"file": str(mark)})
    made, plain = make_watches(
        Orders(actions=(action,), watches=(setting, setting._replace(name="t", action=""))), lambda *_: None
    )
    assert (made.name, plain.repairs) == ("s", None)
    assert made.repairs is not None
    assert made.repairs(Host(), 0).done
    assert mark.exists()


def test_only_what_the_file_permits_may_be_asked() -> None:
    watch = WatchSetting("s", "pterodactyl", PANEL)
    said = Orders(Policy(("restart_unit", "watch.pause", "server.stop", "wake"), options=UNITS), (WEB,), (watch,))
    found = askable.askable(said)
    assert list(found) == ["restart_unit", "watch.pause", "server.stop"], "wake has no targets here"
    assert found["server.stop"].parameters[0].choices == ("s",)
    assert found["watch.pause"].parameters[0].choices == ("s", "all")
    assert askable.askable(said._replace(policy=Policy())) == {}


def test_the_dry_run_of_a_watch_holds_for_what_people_ask_too() -> None:
    class Keeper:
        def watch(self, name: str) -> Any:
            return made[name]

    made = {name: watches.load("pterodactyl")(name, PANEL) for name in ("s", "t")}
    said = (WatchSetting("s", "pterodactyl", PANEL, dry_run=True), WatchSetting("t", "pterodactyl", PANEL))
    kill = askable.askable(Orders(Policy(("server.kill",)), (), said), Keeper())["server.kill"]
    assert kill.run(Host(), {"watch": "s"}, 0).summary.startswith("dry run, nothing was done: server.kill")
    with pytest.raises(HostError, match="does not hear"):
        kill.run(Host(), {"watch": "t"}, 0)


def test_people_are_told_what_may_be_asked() -> None:
    said = Orders(Policy(("restart-web", "wake")), (WEB,))
    assert summary(said)[1:] == ["  restart-web [changes]", "  wake: cannot be done here"]


def test_what_needs_root_is_looked_at_without_running_it(tmp_path: Path) -> None:
    watched = (
        WatchSetting("s", "unit", {"unit": "a.service"}, action="restart-web"),
        WatchSetting("t", "unit", {"unit": "b.service"}),
        WatchSetting("u", "pterodactyl", PANEL),
    )
    said = Orders(Policy(("restart_unit",), options=UNITS), (WEB,), watched)
    found = rights(Host(str(tmp_path), programs=(str(tmp_path),), user_id=1000), said)
    assert [(one.name, one.available) for one in found] == [
        ("action restart_unit", False),
        ("action restart-web", False),
        ("watch t", False),
    ]
    assert "systemctl restart b.service" in found[2].fix.replace("\\", "")
    assert "systemctl restart nginx.service" in found[0].fix
    assert "NOPASSWD" in found[0].fix
    for name in ("systemctl", "true"):
        (tmp_path / "bin").mkdir(exist_ok=True)
        for program in (tmp_path / name, tmp_path / "bin" / name):
            program.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
            program.chmod(0o755)
    found = rights(Host(str(tmp_path), programs=(str(tmp_path),), user_id=0), said)
    assert [one.available for one in found] == [True, True, True]
    assert not (tmp_path / "ran").exists()


class Workbench:
    def __init__(self, folder: Path, log: Any) -> None:
        self.woken = threading.Event()
        self.making = Making(str(folder), Host(), self.woken.set, log, lambda: 1_000)


@pytest.fixture
def bench(tmp_path: Path, heard: Any) -> Workbench:
    return Workbench(tmp_path, heard)


def test_actions_tell_events_from_any_thread(bench: Workbench) -> None:
    said = Orders(Policy(("restart_unit",), options=UNITS))
    (action,) = bench.making.actions(CONFIG._replace(orders=said), None).values()
    thread = threading.Thread(target=action.tell, args=("wake.sent", "n\x1bas", {"packets": 1}))
    thread.start()
    thread.join()
    assert bench.woken.is_set()
    (event,) = bench.making.events()
    assert (event["kind"], event["at"], event["data"]) == ("wake.sent", 1_000, {"packets": 1})
    assert "\x1b" not in event["subject"]
    assert bench.making.events() == []


def test_too_much_is_not_announced(bench: Workbench, heard: Any) -> None:
    many = tuple(
        ActionSetting(
            f"a{n}",
            ("/bin/true", "{x}"),
            parameters=(Parameter("x", "choice", choices=tuple(f"{m:04}" + "x" * 200 for m in range(200))),),
        )
        for n in range(4)
    )
    said = Orders(Policy(tuple(one.name for one in many)), many)
    found = bench.making.actions(CONFIG._replace(orders=said), None)
    assert 0 < len(found) < 4
    assert "is not announced: agent.toml names too many choices" in heard.text


def test_a_void_policy_is_said_in_the_log(bench: Workbench, heard: Any) -> None:
    said = Orders(Policy(void="it belongs to user 5"))
    assert bench.making.actions(CONFIG._replace(orders=said), None) == {}
    assert "[policy] permits nothing: it belongs to user 5" in heard.text


def test_the_desk_and_the_watches_are_real(bench: Workbench, tmp_path: Path) -> None:
    desk = bench.making.orders()
    desk.restore()
    desk.take([Command("c1", "x", {}, 5_000)])
    assert desk.news()[0][0]["state"] == "refused"
    keeper = bench.making.keeper()
    keeper.configure([], [])
    assert keeper.results() == {}
    keeper.close()
    said = Orders(watches=(WatchSetting("s", "pterodactyl", PANEL),))
    (watch,) = bench.making.watches(CONFIG._replace(orders=said))
    assert (watch.name, watch.state) == ("s", str(tmp_path))
