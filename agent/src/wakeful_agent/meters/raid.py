"""Software RAID (md): state, members, missing slots, and how far a resync is."""

from __future__ import annotations

from wakeful_agent.capabilities import Capability, granted, missing
from wakeful_agent.host import mdstat
from wakeful_agent.host.errors import Absent, Denied, HostError
from wakeful_agent.host.mdstat import FAILED, MISSING, SPARE, STATES, Array
from wakeful_agent.host.sudoers import sudoers
from wakeful_agent.host.text import label
from wakeful_agent.meter import Columns, Meter, NoData, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.host.files import Host

_COUNTED = (mdstat.ACTIVE, FAILED, SPARE, MISSING)
_DETAIL_MS = 600_000
_DETAIL_SECONDS = 5.0
_DETAILS_MAX = 4


def command(name: str) -> list[str]:
    """Return the words that ask for one array."""
    return ["mdadm", "--detail", f"/dev/{name}"]


def _make(name: str) -> list[Series]:
    return [
        *(series("hw.status", type="array", name=name, state=state) for state in STATES),
        *(series("hw.raid.disks", array=name, state=state) for state in _COUNTED),
        series("hw.raid.disks.limit", array=name),
        series("hw.raid.sync.progress", array=name),
        series("hw.raid.sync.speed", array=name),
        series("hw.raid.mismatches", array=name),
    ]


class RaidMeter(Meter):
    """State, members and resync of each md array; a slot without a disk is counted and listed as missing.

    `mdadm --detail` adds names and UUIDs where sudo permits it; all else needs no rights.
    """

    name = "raid"
    interval_seconds = 30.0
    budget_seconds = 30.0
    aside = True
    source = "proc/mdstat"
    exposes = "names, UUIDs and members of the arrays; mdadm with these arguments changes nothing"

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)
        self._details: dict[str, tuple[Any, int, dict[str, Any]]] = {}

    def probe(self, host: Host) -> Capability:
        """Say whether there are arrays, and how `mdadm --detail` could be permitted."""
        try:
            arrays = mdstat.parse_mdstat(host.read(self.source))
        except HostError as error:
            return missing(self.name, label(str(error)))
        if not arrays:
            return missing(self.name, "there are no md arrays on this machine")
        path = host.program("mdadm")
        try:
            if path is None:
                return granted(self.name, "without mdadm --detail: mdadm is not installed")
            for array in arrays:
                host.check_root(command(array.name))
        except HostError as error:
            fix = sudoers("raid", [(path or "mdadm", *command(array.name)[1:]) for array in arrays])
            return Capability(self.name, True, f"without mdadm --detail: {label(str(error))}", fix, self.exposes)
        return granted(self.name)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return what the kernel says of every array, and what mdadm adds."""
        arrays = [mdstat.with_slots(host, array) for array in mdstat.parse_mdstat(host.read(self.source))]
        if not arrays:
            raise NoData("there are no md arrays on this machine")
        self._ask(host, arrays, now_ms)
        values: list[float | None] = []
        rows = []
        for array in arrays:
            more = self._details[array.name][2] if array.name in self._details else {}
            row = {**mdstat.document(array), **more}
            if "FAILED" in row.get("detail_state", ""):
                row["state"] = FAILED
            states = [member.state for member in array.members]
            values += [float(row["state"] == state) for state in STATES]
            values += [float(states.count(state)) for state in _COUNTED]
            values += [float(array.wanted), array.progress, array.speed_bytes, _mismatches(host, array)]
            rows.append(row)
        return Reading(self._columns.of([array.name for array in arrays]), values, {"raid": rows})

    def _ask(self, host: Host, arrays: list[Array], now_ms: int) -> None:
        """Ask mdadm for what changed, and for the rest every ten minutes; what is refused or fails is left out."""
        names = {array.name for array in arrays}
        self._details = {name: kept for name, kept in self._details.items() if name in names}
        asked = 0
        for array in arrays:
            now = (array.activity, array.members, array.operation)
            seen = self._details.get(array.name)
            if (seen and seen[0] == now and 0 <= now_ms - seen[1] < _DETAIL_MS) or asked == _DETAILS_MAX:
                continue
            asked += 1
            self._details[array.name] = now, now_ms, _detail(host, array)


def _detail(host: Host, array: Array) -> dict[str, Any]:
    try:
        output = host.run_as_root(command(array.name), _DETAIL_SECONDS)
        facts, members = mdstat.parse_detail(output.out)
    except (Denied, Absent):
        return {}
    except HostError as error:
        return {"detail_error": label(str(error))}
    told = {"uuid": facts.get("UUID", ""), "title": facts.get("Name", ""), "detail_state": facts.get("State", "")}
    listed = [{"device": one.device, "slot": one.slot, "state": one.state} for one in members]
    return {**told, "members": listed} if listed else told


def _mismatches(host: Host, array: Array) -> float | None:
    try:
        return float(host.whole(f"sys/block/{array.name}/md/mismatch_cnt"))
    except HostError:
        return None
