"""The settings of a machine: one table that feeds checks, operations, forms and docs; its secrets stand apart."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from wakeful_collector import settings_fields
from wakeful_collector.integrations.ollama import fields as kinds
from wakeful_collector.integrations.ollama.secret_fields import SECRETS
from wakeful_collector.integrations.ollama.states import Policy
from wakeful_collector.read import gateway
from wakeful_collector.settings_fields import FLAG, Problem, SettingsUnfit, about, choice, whole
from wakeful_collector.store.gateway_machines import MachineRow

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GROUPS = ("machine", "waking", "sleeping", "when it sleeps", "requests", "energy")
HOST_ID = r"^[A-Za-z0-9_-]{1,64}$"
ACTION_NAME = r"^[a-z0-9_.-]{1,64}$"


@dataclass(frozen=True, slots=True)
class Machine:
    """Everything that can be set of a machine but its secrets. Each field's metadata holds kind, group, label, help."""

    name: str = field(
        metadata=about(kinds.MACHINE_NAME, "machine", "Name", "The machine stands at /ollama/NAME.", "box")
    )
    url: str = field(
        metadata=about(
            kinds.URL,
            "machine",
            "Address of Ollama",
            "Scheme, host and port at which Ollama answers on that machine.",
            "http://192.168.1.20:11434",
        )
    )
    fingerprint: str = field(
        default="",
        metadata=about(
            kinds.FINGERPRINT,
            "machine",
            "Certificate",
            "SHA-256 of its certificate, where no authority vouches for it: that one alone is trusted.",
            "sha256:" + "5d2f" * 16,
        ),
    )
    host: str = field(
        default="",
        metadata=about(
            kinds.text(64, HOST_ID),
            "machine",
            "Host in Wakeful",
            "Id of the host whose agent runs there: it knows its hardware address, GPU and logins.",
        ),
    )
    default: bool = field(
        default=False,
        metadata=about(
            FLAG, "machine", "Default machine", "It also stands at /ollama without a name; only one can be it."
        ),
    )
    wake: str = field(
        default="packet",
        metadata=about(
            choice("packet", "action", "never"),
            "waking",
            "Woken by",
            "A magic packet, a named action of some agent (a smart plug), or never by the gateway.",
        ),
    )
    mac: str = field(
        default="",
        metadata=about(
            kinds.MAC_ADDRESS,
            "waking",
            "Hardware address",
            "Of the card that is woken; not needed when `host` is set: its agent told of it.",
            "aa:bb:cc:dd:ee:ff",
        ),
    )
    relay: str = field(
        default="",
        metadata=about(
            kinds.text(64, HOST_ID),
            "waking",
            "Relay",
            "Id of the host whose agent sends the packet; empty: the best one is chosen, else the collector sends it.",
        ),
    )
    broadcast: str = field(
        default="",
        metadata=about(
            kinds.HOST,
            "waking",
            "Broadcast address",
            "Where the collector sends the packet; empty: to every network it stands in.",
            "192.168.1.255",
        ),
    )
    wol_port: int = field(
        default=9,
        metadata=about(whole(1, 65_535), "waking", "Port of the packet", "UDP port the packet is sent to."),
    )
    wake_host: str = field(
        default="",
        metadata=about(
            kinds.text(64, HOST_ID), "waking", "Host of the action", "Id of the host that runs `wake_action`."
        ),
    )
    wake_action: str = field(
        default="",
        metadata=about(
            kinds.text(64, ACTION_NAME), "waking", "Action", "Action of that host's agent that switches it on."
        ),
    )
    wake_arguments: dict[str, Any] = field(
        default_factory=dict,
        metadata=about(kinds.ARGUMENTS, "waking", "Arguments", "What the action is given.", '{"name": "plug-3"}'),
    )
    boot_seconds: int = field(
        default=180,
        metadata=about(
            whole(1, 3_600),
            "waking",
            "Patience",
            "Seconds it may take from the first packet until Ollama answers.",
        ),
    )
    sleep: str = field(
        default="never",
        metadata=about(
            choice("ssh", "action", "never"),
            "sleeping",
            "Put to sleep by",
            "A command over SSH, a named action of its agent, or never by the gateway.",
        ),
    )
    ssh_host: str = field(
        default="",
        metadata=about(kinds.HOST, "sleeping", "SSH host", "Empty: the host of the address of Ollama.", "192.168.1.20"),
    )
    ssh_port: int = field(
        default=22, metadata=about(whole(1, 65_535), "sleeping", "SSH port", "Port of its SSH server.")
    )
    ssh_user: str = field(
        default="",
        metadata=about(
            kinds.text(64, r"^[A-Za-z0-9_][A-Za-z0-9_.@$-]*$"),
            "sleeping",
            "SSH user",
            "Who signs in: root, or somebody whom sudo lets run the command.",
        ),
    )
    sleep_command: str = field(
        default="suspend",
        metadata=about(
            choice("suspend", "hibernate", "poweroff"),
            "sleeping",
            "What sleep is",
            "Suspend to memory, to disk, or switch off.",
        ),
    )
    sleep_action: str = field(
        default="",
        metadata=about(
            kinds.text(64, ACTION_NAME),
            "sleeping",
            "Action",
            "Action of the agent on `host` that puts it to sleep: suspend, shutdown.",
        ),
    )
    sleep_arguments: dict[str, Any] = field(
        default_factory=dict, metadata=about(kinds.ARGUMENTS, "sleeping", "Arguments", "What the action is given.")
    )
    stop_seconds: int = field(
        default=120,
        metadata=about(whole(1, 3_600), "sleeping", "Time to stop", "Seconds after which it counts as still awake."),
    )
    idle_seconds: int = field(
        default=900,
        metadata=about(
            whole(1, 604_800), "when it sleeps", "Idle time", "Seconds without a lease before it may sleep."
        ),
    )
    check_gpu: bool = field(
        default=True,
        metadata=about(FLAG, "when it sleeps", "Mind the GPU", "Stay awake while its agent sees the GPU at work."),
    )
    check_logins: bool = field(
        default=True,
        metadata=about(FLAG, "when it sleeps", "Mind logins", "Stay awake while its agent sees somebody logged in."),
    )
    awake_from: str = field(
        default="",
        metadata=about(
            kinds.CLOCK_TIME,
            "when it sleeps",
            "Awake from",
            "It is not put to sleep from this time of the day ...",
            "08:00",
        ),
    )
    awake_until: str = field(
        default="",
        metadata=about(
            kinds.CLOCK_TIME, "when it sleeps", "Awake until", "... to this one, which may be past midnight.", "19:00"
        ),
    )
    awake_days: tuple[str, ...] = field(
        default=kinds.DAYS,
        metadata=about(
            kinds.WEEK_DAYS, "when it sleeps", "On these days", "Days on which those hours begin.", "mon, tue, wed"
        ),
    )
    time_zone: str = field(
        default="UTC",
        metadata=about(kinds.ZONE, "when it sleeps", "Time zone", "Zone of those hours.", "Europe/Madrid"),
    )
    parallel: int = field(
        default=64,
        metadata=about(whole(1, 1_024), "requests", "At once", "Requests that are let through to it at the same time."),
    )
    queue: int = field(
        default=256,
        metadata=about(whole(0, 10_000), "requests", "Queue", "Requests that may wait for it; more are answered 503."),
    )
    keepalive_seconds: int = field(
        default=10,
        metadata=about(
            whole(0, 300),
            "requests",
            "Keep-alive",
            "Seconds between the bytes that keep a waiting streaming client; 0: none are sent.",
        ),
    )
    keepalive_plain: bool = field(
        default=False,
        metadata=about(
            FLAG,
            "requests",
            "Keep-alive for plain answers",
            "Send them (spaces before the JSON) where the client wants no stream too; the status is 200 then.",
        ),
    )
    claim_seconds: int = field(
        default=3_600,
        metadata=about(
            whole(60, 86_400),
            "requests",
            "Old claims",
            "Seconds after which a claim of /gateway/arrancar ends when its client says nothing more.",
        ),
    )
    watts: int = field(
        default=0,
        metadata=about(
            whole(0, 100_000), "energy", "Watts", "What it draws when it is awake and idle; 0: not counted."
        ),
    )

    @property
    def can_wake(self) -> bool:
        """Return whether the gateway may wake it."""
        return self.wake != "never"

    @property
    def can_sleep(self) -> bool:
        """Return whether the gateway may put it to sleep."""
        return self.sleep != "never"


FIELDS = fields(Machine)
_NAMES = frozenset(one.name for one in FIELDS)
_ROW = ("name", "url", "host", "default")


def check(given: Mapping[str, Any]) -> Machine:
    """Return the machine of these settings; what is missing is the default. Raises SettingsUnfit."""
    values, problems = settings_fields.checked(FIELDS, given, "machine")
    if problems:
        raise SettingsUnfit(problems)
    machine = Machine(**values)
    problems = _together(machine)
    if problems:
        raise SettingsUnfit(problems)
    return machine


def _together(machine: Machine) -> list[Problem]:
    """Return what does not fit together."""
    found = []
    if machine.wake == "packet" and not machine.mac and not machine.host:
        found.append(Problem("mac", "is missing", "give the hardware address, or the host in Wakeful that knows it"))
    if machine.wake == "action" and not (machine.wake_host and machine.wake_action):
        found.append(Problem("wake_action", "is missing", "name the action and in wake_host the host that runs it"))
    if machine.sleep == "ssh" and not machine.ssh_user:
        found.append(Problem("ssh_user", "is missing", "say who signs in over SSH"))
    if machine.sleep == "action" and not (machine.host and machine.sleep_action):
        found.append(Problem("sleep_action", "is missing", "name the action and in host the host whose agent runs it"))
    if bool(machine.awake_from) != bool(machine.awake_until):
        found.append(Problem("awake_until", "and awake_from belong together", "give both, or none"))
    return found


def made(row: MachineRow) -> Machine:
    """Return the machine of a row; what a newer version wrote and this one does not know is left out."""
    policy = {name: value for name, value in row.policy.items() if name in _NAMES and name not in _ROW}
    if "awake_days" in policy:
        policy["awake_days"] = tuple(policy["awake_days"])
    return Machine(name=row.name, url=row.url, host=row.host or "", default=row.is_default, **policy)


def row(machine: Machine, sealed: str, made_ms: int, now_ms: int) -> MachineRow:
    """Return the row of a machine; `sealed` are its secrets, `made_ms` when it was added."""
    policy = {one.name: getattr(machine, one.name) for one in FIELDS if one.name not in _ROW}
    host = machine.host or None
    return MachineRow(machine.name, machine.url, host, machine.default, policy, sealed, made_ms, now_ms)


def machines(data: Path) -> list[Machine]:
    """Return every machine by name."""
    return [made(one) for one in gateway.machines(data)]


def machine(data: Path, name: str) -> Machine | None:
    """Return one machine."""
    found = gateway.machine(data, name)
    return None if found is None else made(found)


def policy(one: Machine) -> Policy:
    """Return how patient the state machine is with it; what an action switched on is not switched on again."""
    return Policy(
        boot_seconds=one.boot_seconds,
        idle_seconds=one.idle_seconds,
        stop_seconds=one.stop_seconds,
        repeat=one.wake == "packet",
    )


def schema() -> dict[str, Any]:
    """Return the JSON schema of each setting, secrets included, for operations."""
    return settings_fields.schema(FIELDS) | {one.name: one.kind.schema for one in SECRETS}
