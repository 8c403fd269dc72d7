"""What a machine's own file does not permit is refused, by the collector and by the machine, and written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.failure import OK as DONE
from wakeful_collector.remote.failure import REFUSED

from .telling import Check
from .waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from .machine import Machine
    from .world import World

POLICY = """
[policy]
allow = ["tidy-up"]

[[action]]
name = "tidy-up"
argv = ["/usr/bin/touch", "{marker}"]
help = "Leaves a mark, as a harmless thing to do."
"""
ASKED = 3
"""Twice for what was permitted once; once more for what never was, past the command line that knows better."""
UNFIT = 409


class Forbidden:
    """The owner of `web` permits one action, then takes it back while the machine is cut off."""

    title = "What the machine forbids"

    def tell(self, world: World) -> list[Check]:
        """Ask for what is permitted, for what is not, and for what is no longer."""
        machine = world.machines["web"]
        marker = machine.home / "tidied"
        machine.configure(POLICY.replace("{marker}", str(marker)))
        until(lambda: "tidy-up" in _offered(world, machine), "the collector knows what web offers", 60)
        world.say("  web's agent.toml permits `tidy-up`, and nothing else")
        return [
            self._permitted(world, marker),
            self._unknown(world),
            self._taken_back(world, machine, marker),
            *self._written_down(world, machine),
        ]

    def _permitted(self, world: World, marker: Path) -> Check:
        done = world.collector.cli("ask", "web", "tidy-up", "--yes")
        ran = marker.exists()
        seen = f"exit code {done.returncode}, {'it ran' if ran else 'it did not run'}"
        marker.unlink(missing_ok=True)
        return Check("what the file permits is done", seen, done.returncode == DONE and ran)

    def _unknown(self, world: World) -> Check:
        words = ("ask", "web", "restart_unit", "unit=ssh.service", "--yes")
        done = world.collector.cli(*words)
        said = (done.stderr or done.stdout).strip()
        world.say(f"  wakeful {' '.join(words)}")
        for line in said.splitlines()[:3]:
            world.say(f"      {line}")
        held = done.returncode == REFUSED and "allow" in said
        return Check("what it does not is refused, with the line that would permit it", _first(said), held)

    def _taken_back(self, world: World, machine: Machine, marker: Path) -> Check:
        world.say("  web is cut off; its owner takes the permission back; it is asked for meanwhile, and web returns")
        machine.place.link(up=False)
        try:
            machine.change(lambda text: text.replace('allow = ["tidy-up"]', "allow = []"))
            asked = world.collector.cli("ask", "web", "tidy-up", "--yes", "--no-wait", "--json")
        finally:
            machine.place.link(up=True)
        assert asked.returncode == DONE, asked.stderr
        command = until(lambda: _ended(world, machine), "the command ends", 60)
        did = "it RAN" if marker.exists() else "nothing ran"
        held = command["state"] == "refused" and not marker.exists()
        return Check("what it no longer permits, the machine refuses", f"{command['state']}, {did}", held)

    def _written_down(self, world: World, machine: Machine) -> list[Check]:
        given = {"host": machine.host_id, "action": "restart_unit", "arguments": {"unit": "ssh.service"}}
        status, _ = world.collector.ask("POST", "/operations/host.command", given)
        rows = world.collector.api("GET", "/audit?limit=200")["audit"]
        asked = [one for one in rows if one["operation"] == "host.command"]
        commands = {one["detail"].get("command") for one in asked}
        ends = [one for one in rows if one["operation"] == "command.result" and one["subject"] in commands]
        chain = world.collector.api("GET", "/audit/check")
        outcomes = [f"{one['detail'].get('action')}: {one['outcome']}" for one in asked]
        found = [f"its end: {one['outcome']}" for one in ends]
        held = len(asked) == ASKED and any("refused" in text for text in found) and status == UNFIT
        return [
            Check("who asked, and what the machine said, stand in the audit trail", "; ".join(outcomes + found), held),
            Check(
                "whose chain of hashes holds", f"{chain['rows']} rows", chain["rows"] > 0 and not chain["first_broken"]
            ),
        ]


def _offered(world: World, machine: Machine) -> list[str]:
    hello = world.collector.api("GET", f"/hosts/{machine.host_id}").get("hello") or {}
    return [one if isinstance(one, str) else one["name"] for one in hello.get("actions") or []]


def _ended(world: World, machine: Machine) -> Any:
    newest = world.collector.api("GET", f"/commands?host={machine.host_id}&limit=1")["commands"][0]
    return newest if newest["state"] not in {"delivered", "requested"} else None


def _first(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""
