"""The table of deeds: what each is called, how long its task may last, whom it hurts, when it has come true. Pure."""

from __future__ import annotations

from typing import NamedTuple

MINUTE, HOUR = 60.0, 3_600.0


class Kind(NamedTuple):
    """One kind of deed.

    `seconds` bounds its task. `scope` and `danger` are its operation's. `hurts`: it interrupts, changes or destroys,
    and protected guests refuse it. `done` says in words that it has come true. `locks`: the locks that are no obstacle.
    `wants`: the status that the guest has once it has come true, empty where a status tells nothing.
    """

    name: str
    title: str
    sentence: str
    seconds: float
    scope: str
    danger: str
    hurts: bool
    done: str
    locks: tuple[str, ...] = ()
    wants: str = ""


KINDS: dict[str, Kind] = {
    one.name: one
    for one in (
        Kind(
            "start",
            "Start",
            "Start a guest",
            10 * MINUTE,
            "operate",
            "changes",
            False,
            "runs",
            ("suspended",),
            wants="running",
        ),
        Kind(
            "shutdown",
            "Shut down",
            "Let a guest shut itself down",
            3 * MINUTE,
            "operate",
            "changes",
            True,
            "has shut down",
            wants="stopped",
        ),
        Kind(
            "stop",
            "Stop",
            "Stop a guest at once, as if its plug were pulled",
            5 * MINUTE,
            "operate",
            "changes",
            True,
            "is stopped",
            wants="stopped",
        ),
        Kind("reboot", "Reboot", "Let a guest reboot itself", 10 * MINUTE, "operate", "changes", True, "has rebooted"),
        Kind(
            "suspend",
            "Suspend",
            "Pause a VM, or write it to disk",
            30 * MINUTE,
            "operate",
            "changes",
            True,
            "is suspended",
        ),
        Kind(
            "resume",
            "Resume",
            "Let a suspended VM go on",
            10 * MINUTE,
            "operate",
            "changes",
            False,
            "runs again",
            ("suspended",),
            wants="running",
        ),
        Kind("clone", "Clone", "Make a copy of a guest", 12 * HOUR, "admin", "changes", False, "is copied"),
        Kind("migrate", "Migrate", "Move a guest to another node", 24 * HOUR, "operate", "changes", True, "has moved"),
        Kind(
            "snapshot",
            "Take a snapshot",
            "Take a snapshot of a guest",
            HOUR,
            "operate",
            "changes",
            False,
            "has the snapshot",
        ),
        Kind(
            "rollback",
            "Roll back",
            "Take a guest back to a snapshot",
            2 * HOUR,
            "admin",
            "destroys",
            True,
            "is back at the snapshot",
        ),
        Kind(
            "snapshot_delete",
            "Delete a snapshot",
            "Delete a snapshot of a guest",
            12 * HOUR,
            "admin",
            "destroys",
            True,
            "has the snapshot no more",
        ),
        Kind("backup", "Back up", "Back a guest up", 24 * HOUR, "operate", "changes", False, "is backed up"),
        Kind(
            "restore",
            "Restore",
            "Bring a guest back from a backup",
            24 * HOUR,
            "admin",
            "destroys",
            True,
            "is restored",
        ),
        Kind(
            "resize",
            "Resize a disk",
            "Let a disk of a guest grow",
            30 * MINUTE,
            "admin",
            "changes",
            True,
            "has the larger disk",
        ),
        Kind("change", "Change", "Change settings of a guest", 30 * MINUTE, "admin", "changes", True, "is changed"),
        Kind("create", "Create", "Create a VM or a container", 6 * HOUR, "admin", "changes", False, "is created"),
        Kind("delete", "Delete", "Delete a guest with its disks", 2 * HOUR, "admin", "destroys", True, "is deleted"),
    )
}
"""Every kind of deed by its name; each has the operation `proxmox.guest.NAME`."""

NEW = frozenset({"create", "restore"})
"""What needs no guest that is there already."""
