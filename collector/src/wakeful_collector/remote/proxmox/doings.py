"""What can be done to guests by a verb: the operation behind it, and the arguments that need no name. Pure."""

from __future__ import annotations

from typing import NamedTuple

from wakeful_collector.remote.failure import usage


class Doing(NamedTuple):
    """A verb: the operation it asks for, the arguments that need no `key=`, and whether a guest must be there."""

    operation: str
    places: tuple[str, ...] = ()
    is_new: bool = False


def _of(deed: str, *places: str, is_new: bool = False) -> Doing:
    return Doing(f"proxmox.guest.{deed}", places, is_new)


DOINGS = {
    **{name: _of(name) for name in ("start", "shutdown", "stop", "reboot", "suspend", "resume", "backup", "delete")},
    "clone": _of("clone", "new_vmid"),
    "migrate": _of("migrate", "target"),
    "snapshot": _of("snapshot", "snapshot"),
    "rollback": _of("rollback", "snapshot"),
    "snapshot-delete": _of("snapshot_delete", "snapshot"),
    "restore": _of("restore", "archive", is_new=True),
    "resize": _of("resize", "disk", "size"),
    "set": _of("change"),
    "create": _of("create", is_new=True),
}
_OURS = {"cluster", "vmid", "dry_run", "wait", "request_key"}


def ours(name: str) -> bool:
    """Tell whether an operation's argument has an option or a place of its own here."""
    return name in _OURS


def placed(words: list[str], places: tuple[str, ...]) -> list[str]:
    """Return every word as `key=value`: those that are none stand for `places`, in their order; raise Failure."""
    left = list(places)
    made = []
    for word in words:
        if "=" in word and word.partition("=")[0].replace("_", "").replace(".", "").replace("-", "").isalnum():
            made.append(word)
        elif left:
            made.append(f"{left.pop(0)}={word}")
        else:
            raise usage(f"{word!r} is too much", "arguments are written key=value; --help-arguments lists them")
    return made
