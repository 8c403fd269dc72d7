"""The steps that bring a guest that is there to what is declared of it. Pure.

Their order: what stops it, what a running guest takes, what takes a restart, its volumes, where it is, whether it runs,
and last what would stand in the way of the steps before: its protection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from wakeful_collector.integrations.proxmox.acting import protecting
from wakeful_collector.integrations.proxmox.acting.deeds import LXC, QEMU
from wakeful_collector.integrations.proxmox.declare import differences, naming, properties
from wakeful_collector.integrations.proxmox.declare.fields import field_of
from wakeful_collector.integrations.proxmox.declare.outlook import declared, problem, step
from wakeful_collector.integrations.proxmox.declare.steps import (
    BOOT_AGAIN,
    CHANGE,
    DELETE,
    DESTROYS,
    LIVE,
    MIGRATE,
    MOVE_DISK,
    REBOOT,
    RESIZE,
    SHUTDOWN,
    START,
    STOP,
    TEMPLATE,
)
from wakeful_collector.integrations.proxmox.declare.value_kinds import TRUE
from wakeful_collector.integrations.proxmox.declare.wished import ABSENT, RUNNING, STOPPED
from wakeful_collector.model.estate import NOT_PERMITTED, SEEN, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wakeful_collector.integrations.proxmox.acting.deeds import Request
    from wakeful_collector.integrations.proxmox.declare.differences import Difference
    from wakeful_collector.integrations.proxmox.declare.outlook import Outlook
    from wakeful_collector.integrations.proxmox.declare.steps import Problem, Step
    from wakeful_collector.integrations.proxmox.declare.wished import GuestWish
    from wakeful_collector.model.estate import Guest

Change = tuple[dict[str, str | None], dict[str, str | None]]


class Found(NamedTuple):
    """Steps, what cannot be planned, and the guest as it will be after them (none when it goes, or is not known)."""

    steps: list[Step]
    problems: list[Problem]
    coming: tuple[Guest, ...] = ()


def existing(wish: GuestWish, guest: Guest, view: Outlook) -> Found:
    """Return what brings a guest that is there to what is declared."""
    title = naming.title(guest.kind, guest.vmid, guest.name)
    if guest.kind != wish.guest_kind:
        told = f"{title} is declared as a {wish.kind}"
        return Found([], [problem(wish, title, told, "declare it as what it is, or under another vmid")])
    if wish.state == ABSENT:
        return Found([_deleted(wish, guest, view)], [])
    if guest.config_state != SEEN:
        why = guest.config_reason or "it was not read yet, or not lately"
        hint = "see what the token may" if guest.config_state == NOT_PERMITTED else "look again in a moment"
        return Found([], [problem(wish, title, f"its configuration is not known: {why}", hint)])
    found = _Guest(wish, guest, view).found()
    if guest.status == UNKNOWN and found.steps:
        told = f"nobody knows whether it runs: its node {guest.node} tells nothing"
        return Found([], [problem(wish, title, told, "wait until the node answers")])
    return found


def _deleted(wish: GuestWish, guest: Guest, view: Outlook) -> Step:
    runs = guest.status not in {"stopped", UNKNOWN} and not guest.template
    stop = (naming.power("stop", guest.node, guest.kind, guest.vmid),) if runs else ()
    remove = naming.request("delete", "DELETE", guest.node, guest.kind, guest.vmid, (), {"purge": "1"})
    change: Change = ({"state": guest.status}, {"state": ABSENT})
    why = f"{declared(wish.place)} as absent: it is removed with its disks, from jobs and from HA"
    return step(guest, DELETE, change, why, DESTROYS, (*stop, remove), view.options)


class _Guest:
    """Gathers the steps of one guest; `running` and `node` are as they will be when the next step is done."""

    def __init__(self, wish: GuestWish, guest: Guest, view: Outlook) -> None:
        self.wish, self.guest, self.view = wish, guest, view
        self.running = guest.status not in {"stopped", UNKNOWN} and not guest.template
        self.node = guest.node
        self.why = declared(wish.place)
        self.steps: list[Step] = []
        self.problems: list[Problem] = []

    def found(self) -> Found:
        if self.wish.state == STOPPED and self.running:
            self._add(
                SHUTDOWN, ({"state": self.guest.status}, {"state": STOPPED}), self.why, STOP, self._power("shutdown")
            )
            self.running = False
        differing = differences.of(self.wish, self.guest, self.running)
        for one in differing:
            if one.refusal:
                self._problem(one.refusal, one.hint, one.key)
        possible = [one for one in differing if not one.refusal]
        late = [one for one in possible if self._protects(one)]
        self._settings([one for one in possible if one not in late])
        self._migrate()
        self._template()
        if self.wish.state == RUNNING and not self.running:
            self._start()
        if late:
            self._write(late, LIVE, f"{self.why}; last, as it protects the guest", ())
        status = self.guest.status if self.guest.status == UNKNOWN else "running" if self.running else "stopped"
        is_template = self.guest.template or bool(self.wish.template)
        after = msgspec.structs.replace(self.guest, node=self.node, status=status, template=is_template)
        return Found(self.steps, self.problems, (after,))

    def _settings(self, differing: Sequence[Difference]) -> None:
        live = [one for one in differing if one.writes and one.effect == LIVE]
        restarts = [one for one in differing if one.writes and one.effect == REBOOT]
        if live:
            self._write(live, LIVE, self.why, ())
        for one in differing:
            if one.writes and one.effect == DESTROYS:
                why = f"{self.why} as not there; its volume stays, unused"
                self._write([one], DESTROYS, why, self._power("reboot") if one.restarts and self.running else ())
        if restarts:
            self._write(restarts, REBOOT, f"{self.why}; it takes effect at a restart", self._power("reboot"))
        elif self.running:
            self._boot_again({one.key for one in differing})
        for one in differing:  # after the writes, which name volumes and sizes as they are now
            if one.move:
                self._move(one)
        for one in differing:
            if one.grow:
                self._grow(one)

    def _write(self, differing: Sequence[Difference], effect: str, why: str, after: tuple[Request, ...]) -> None:
        """Add one write of several settings, and what has to follow it."""
        form = {one.key: one.text for one in differing if one.text is not None}
        gone = sorted(one.key for one in differing if one.text is None and one.key in self.guest.wanted)
        if gone:
            form["delete"] = ",".join(gone)
        own = [_own(one) for one in differing]
        write = naming.config(self.node, self.guest.kind, self.guest.vmid, form)
        self._add(CHANGE, _summed(own), why, effect, (write, *after))

    def _move(self, one: Difference) -> None:
        name = f"{one.key}.storage"
        change: Change = ({name: one.old[name]}, {name: one.new[name]})
        verb, key = ("move_disk", "disk") if self.guest.kind == QEMU else ("move_volume", "volume")
        form = {key: one.key, "storage": one.move, "delete": "1"}
        move = naming.request("clone", "POST", self.node, self.guest.kind, self.guest.vmid, (verb,), form)
        if self.guest.kind == LXC and self.running:
            requests = (*self._power("shutdown"), move, *self._power("start"))
            self._add(
                MOVE_DISK, change, f"{self.why}; a container's volume is moved while it is stopped", STOP, requests
            )
        else:
            self._add(MOVE_DISK, change, self.why, LIVE, (move,))

    def _grow(self, one: Difference) -> None:
        name = f"{one.key}.size"
        form = {"disk": one.key, "size": one.grow}
        grow = naming.request("resize", "PUT", self.node, self.guest.kind, self.guest.vmid, ("resize",), form)
        self._add(RESIZE, ({name: one.old[name]}, {name: one.new[name]}), self.why, LIVE, (grow,))

    def _boot_again(self, written: set[str]) -> None:
        """Add the reboot that what is pending waits for: declared, written, and not in effect."""
        waiting = {
            key: value
            for key, value in self.guest.pending.items()
            if key in self.wish.values and key not in written and not self._same(key, value)
        }
        if waiting:
            change: Change = ({key: self.guest.config.get(key) for key in waiting}, dict(waiting))
            why = f"{self.why}, and written: it waits for a restart"
            self._add(BOOT_AGAIN, change, why, REBOOT, self._power("reboot"))

    def _same(self, key: str, pending: str | None) -> bool:
        """Tell whether what is pending means what is in effect."""
        field, raw = field_of(self.wish.kind, key), self.guest.config.get(key)
        if field is None or pending is None or raw is None:
            return pending == raw
        if field.form is not None:
            both = [properties.normal(properties.parse(text, field.form), field.form) for text in (raw, pending)]
            return both[0] == both[1]
        return field.kind is not None and field.kind.normal(raw) == field.kind.normal(pending)

    def _migrate(self) -> None:
        wanted = self.wish.node
        if not wanted or wanted == self.node:
            return
        known = {one.name: one for one in self.view.estate.nodes}
        if wanted not in known:
            self._problem(f"there is no node {wanted}", f"known are {', '.join(sorted(known))}", "node")
            return
        if known[wanted].status == "offline":
            self._problem(f"node {wanted} is offline", "wait until it is back", "node")
            return
        form = {"target": wanted}
        effect, why = LIVE, self.why
        if self.guest.kind == QEMU:
            form |= {"online": "1"} if self.running else {}
            form |= {"with-local-disks": "1"} if self.running and self._has_local_disks() else {}
        elif self.running:
            form["restart"] = "1"
            effect, why = REBOOT, f"{self.why}; a container is stopped, moved, and started there"
        move = naming.request("migrate", "POST", self.node, self.guest.kind, self.guest.vmid, ("migrate",), form)
        self._add(MIGRATE, ({"node": self.node}, {"node": wanted}), why, effect, (move,))
        self.node = wanted

    def _has_local_disks(self) -> bool:
        shared = {one.name for one in self.view.estate.storages if one.shared}
        for key, raw in self.guest.wanted.items():
            field = field_of(self.wish.kind, key)
            if field is not None and field.form is not None and field.form.is_volume:
                parts = properties.normal(properties.parse(raw, field.form), field.form)
                if not properties.is_cdrom(parts) and parts.get("storage", "") not in shared | {""}:
                    return True
        return False

    def _template(self) -> None:
        if self.wish.template is None or self.wish.template == self.guest.template:
            return
        if not self.wish.template:
            self._problem("it is a template, and there is no way back", "clone it, full", "template")
            return
        stop = self._power("shutdown") if self.running else ()
        make = naming.request("change", "POST", self.node, self.guest.kind, self.guest.vmid, ("template",), {})
        change: Change = ({"template": "0"}, {"template": TRUE})
        self._add(TEMPLATE, change, f"{self.why}; there is no way back", DESTROYS, (*stop, make))
        self.running = False

    def _start(self) -> None:
        if self.guest.template or self.wish.template:
            self._problem("a template does not run", "leave state away", "state")
            return
        self._add(START, ({"state": "stopped"}, {"state": RUNNING}), self.why, LIVE, self._power("start"))
        self.running = True

    def _protects(self, one: Difference) -> bool:
        """Tell whether a write would protect the guest, so that steps after it were refused."""
        value = one.new.get(one.key) or ""
        if one.key == "protection":
            return value == TRUE
        tags = value.split(";") if one.key == "tags" else []
        return bool(protecting.reasons(0, "", tags, self.view.options.protected))

    def _power(self, verb: str) -> tuple[Request, ...]:
        return (naming.power(verb, self.node, self.guest.kind, self.guest.vmid),)

    def _add(
        self,
        kind: str,
        change: tuple[Mapping[str, str | None], Mapping[str, str | None]],
        why: str,
        effect: str,
        requests: tuple[Request, ...],
    ) -> None:
        self.steps.append(step(self.guest, kind, change, why, effect, requests, self.view.options))

    def _problem(self, message: str, hint: str, key: str) -> None:
        title = naming.title(self.guest.kind, self.guest.vmid, self.guest.name)
        self.problems.append(problem(self.wish, title, message, hint, key))


def _own(one: Difference) -> Change:
    """Return what a write changes of a difference: not the size or storage of a volume that is there."""
    apart = {f"{one.key}.{name}" for name, value in (("size", one.grow), ("storage", one.move)) if value}
    old = {name: value for name, value in one.old.items() if name not in apart}
    new = {name: value for name, value in one.new.items() if name not in apart}
    return old, new


def _summed(changes: Iterable[Change]) -> Change:
    old: dict[str, str | None] = {}
    new: dict[str, str | None] = {}
    for before, after in changes:
        old |= before
        new |= after
    return old, new
