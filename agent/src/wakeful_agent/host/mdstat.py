"""Software RAID as Linux tells it: /proc/mdstat, /sys/block/mdX/md, and `mdadm --detail`.

Source: Documentation/admin-guide/md.rst of Linux; drivers/md/md.c writes mdstat. The number in `sda1[3]` is a place in
a table and not the slot of the array: after a disk was replaced they differ. So slots come from /sys or mdadm.
"""

from __future__ import annotations

import re

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.parsing import parser
from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.host.files import Host

ARRAYS_MAX = 128
MEMBERS_MAX = 512
OK, DEGRADED, RECOVERING, FAILED, INACTIVE = STATES = ("ok", "degraded", "recovering", "failed", "inactive")
ACTIVE, SPARE, MISSING, REBUILDING = "active", "spare", "missing", "recovering"
_FLAGS = {"F": FAILED, "S": SPARE, "J": "journal", "R": "replacement"}
_LOSABLE = {"raid0": 0, "linear": 0, "raid4": 1, "raid5": 1, "raid6": 2}
"""How many members an array may lose by its level; of mirrors the last must stay."""
_ARRAY = re.compile(r"(md[\w.-]{0,64}) : (\w+)(?: \((?:auto-)?read-only\))?(.*)")
_MEMBER = re.compile(r"([^\s\[]+)\[(\d+)\]((?:\([A-Z]\))*)")
_SLOTS = re.compile(r"\[(\d+)/(\d+)\] \[([U_]+)\]")
_SYNC = re.compile(r"(recovery|resync|reshape|check|repair)\s*=\s*([\d.]+)%.*?\bspeed=(\d+)K/sec")
_WAITS = re.compile(r"(recovery|resync|reshape|check|repair)=(DELAYED|PENDING)")
_ROW = re.compile(r"\s+(?:\d+|-)\s+\d+\s+\d+\s+(\d+|-)\s+([a-z][a-z -]*?)\s*(/\S*)?")
_KIB = 1024


class Member(NamedTuple):
    """A disk of an array, or a slot without one (`device` empty); `slot` is None for what holds none."""

    device: str
    slot: int | None
    state: str


class Array(NamedTuple):
    """One array; `wanted` is how many members it is made for, `pattern` what mdstat says of its slots (`U_`)."""

    name: str
    activity: str
    level: str
    members: tuple[Member, ...]
    wanted: int
    pattern: str = ""
    size_bytes: int = 0
    metadata: str = ""
    operation: str = ""
    progress: float | None = None
    speed_bytes: float | None = None

    def state(self) -> str:
        """Return how the array is: ok, degraded, recovering, failed or inactive."""
        if self.activity == INACTIVE:
            return OK if self.level == "container" else INACTIVE
        gone = sum(member.state in {MISSING, REBUILDING} for member in self.members)
        if self.level in {"raid0", "linear"}:
            gone += sum(member.state == FAILED for member in self.members)
        if self.activity == "broken" or gone > _LOSABLE.get(self.level, max(self.wanted - 1, 0)):
            return FAILED
        if gone:
            return RECOVERING if self.operation in {"recovery", "reshape"} and self.progress is not None else DEGRADED
        return OK


@parser("proc/mdstat")
def parse_mdstat(text: str) -> list[Array]:
    """Return the arrays of /proc/mdstat, with a missing slot for each that has no disk."""
    arrays: list[list[str]] = []
    for line in text.splitlines():
        if _ARRAY.match(line):
            arrays.append([line])
        elif line.startswith(" ") and arrays:
            arrays[-1].append(line)
    if not text.startswith("Personalities"):
        raise ValueError("it does not begin with the personalities")
    return [_array(lines[0], "\n".join(lines[1:])) for lines in arrays[:ARRAYS_MAX]]


def _array(line: str, rest: str) -> Array:
    found = _ARRAY.match(line)
    name, activity, words = found.groups() if found else ("", "", "")
    before = words.partition("[")[0].split()
    level = before[0] if len(before) > 1 else ""
    listed = sorted(_MEMBER.findall(words), key=lambda one: int(one[1]))[:MEMBERS_MAX]
    members = tuple(_member(device, flags) for device, _, flags in listed)
    metadata = re.search(r"super (\S+)", rest)
    form = metadata[1] if metadata else ""
    if form.startswith("external:") and "/" not in form:
        level = "container"
    blocks = re.search(r"(\d+) blocks", rest)
    slots, sync, waits = _SLOTS.search(rest), _SYNC.search(rest), _WAITS.search(rest)
    array = Array(
        name,
        activity,
        level,
        members,
        int(slots[1]) if slots else sum(member.state in {ACTIVE, FAILED} for member in members),
        slots[3] if slots else "",
        int(blocks[1]) * _KIB if blocks else 0,
        form,
        sync[1] if sync else f"{waits[1]} {waits[2].lower()}" if waits else "",
        round(float(sync[2]) / 100, 4) if sync else None,
        float(sync[3]) * _KIB if sync else None,
    )
    return array._replace(members=_filled(array, members))


def _member(device: str, flags: str) -> Member:
    state = next((_FLAGS[flag] for flag in flags if flag in _FLAGS), ACTIVE)
    return Member(label(device), None, state)


def _filled(array: Array, members: tuple[Member, ...]) -> tuple[Member, ...]:
    """Return the members with as many recovering and missing ones as mdstat's pattern tells."""
    up = array.pattern.count("U")
    active = [member for member in members if member.state == ACTIVE]
    # Those that came last are the ones being built.
    rebuilt = active[up:] if array.pattern else []
    known = [member._replace(state=REBUILDING) if member in rebuilt else member for member in members]
    empty = array.pattern.count("_") - len(rebuilt)
    return (*known, *(Member("", None, MISSING) for _ in range(empty)))


def with_slots(host: Host, array: Array) -> Array:
    """Return the array with the slots that /sys tells; what has none there stays as it is."""
    if not array.pattern:
        return array
    told: dict[str, int] = {}
    for member in array.members:
        try:
            told[member.device] = host.whole(f"sys/block/{array.name}/md/dev-{member.device}/slot")
        except HostError:  # "none", or no /sys
            continue
    free = [slot for slot in range(len(array.pattern)) if slot not in told.values()]
    members = []
    for member in array.members:
        slot = told.get(member.device) if member.device else (free.pop(0) if told and free else None)
        lost = slot is not None and slot < len(array.pattern) and array.pattern[slot] == "_"
        if member.device and member.state in {ACTIVE, REBUILDING} and slot is not None:
            members.append(Member(member.device, slot, REBUILDING if lost else ACTIVE))
        else:
            members.append(member._replace(slot=slot))
    return array._replace(members=tuple(members))


@parser("usr/sbin/mdadm --detail")
def parse_detail(text: str) -> tuple[dict[str, str], tuple[Member, ...]]:
    """Return the words of `mdadm --detail` by their names, and its members, removed ones as missing."""
    facts = {}
    members = []
    for line in text.splitlines():
        name, colon, value = line.partition(" : ")
        row = None if colon else _ROW.fullmatch(line.rstrip())
        if colon:
            facts[name.strip()] = label(value.strip())
        elif row:
            device = label((row[3] or "").rpartition("/")[2])
            members.append(Member(device, None if row[1] == "-" else int(row[1]), _detailed(row[2])))
    if "Raid Level" not in facts:
        raise ValueError("it names no RAID level")
    return facts, tuple(members[:MEMBERS_MAX])


def _detailed(words: str) -> str:
    for word, state in (("removed", MISSING), ("faulty", FAILED), ("rebuilding", REBUILDING), ("active", ACTIVE)):
        if word in words:
            return state
    return SPARE if "spare" in words else label(words)


def document(array: Array) -> dict[str, Any]:
    """Return the form in the inventory; progress and speed are not in it, they never stand still."""
    return {
        "array": array.name,
        "level": array.level,
        "state": array.state(),
        "activity": array.activity,
        "operation": array.operation,
        "size_bytes": array.size_bytes,
        "metadata": array.metadata,
        "members": [{"device": one.device, "slot": one.slot, "state": one.state} for one in array.members],
    }
