"""ZFS pools: space, health, errors of every device, scrubs and resilvers."""

from __future__ import annotations

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.text import label
from wakeful_agent.host.zpools import LIST, STATES, STATUS, Figures, Status, Vdev, parse_list, parse_status
from wakeful_agent.meter import Columns, Meter, NoData, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Sequence

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host

_SECONDS = 10.0
_KINDS = ("read", "write", "checksum")
_NOT_HERE = ("modules are not loaded", "modules cannot be auto-loaded", "not supported by the running kernel")
_REFUSED = ("ermission denied", "must be run as root")


def _make(key: tuple[str, tuple[str, ...]]) -> list[Series]:
    pool, vdevs = key
    return [
        *(series("hw.status", type="pool", name=pool, state=state) for state in STATES),
        series("zfs.pool.limit", pool=pool),
        series("zfs.pool.usage", pool=pool, state="used"),
        series("zfs.pool.usage", pool=pool, state="free"),
        *(series(f"zfs.pool.{one}", pool=pool) for one in ("utilization", "fragmentation", "deduplication")),
        *(series(f"zfs.pool.{one}", pool=pool) for one in ("data_errors", "scan.progress", "scrub.time")),
        *(series("zfs.vdev.errors", pool=pool, vdev=vdev, kind=kind) for vdev in vdevs for kind in _KINDS),
    ]


class ZfsMeter(Meter):
    """Space, health and errors of each pool and its devices; how far a scrub or resilver is, and when the last ended.

    A machine with ZFS and without pools has an empty inventory, which is no failure.
    """

    name = "zfs"
    interval_seconds = 60.0
    budget_seconds = 30.0
    aside = True
    source = "dev/zfs"
    fix = "chmod 0666 /dev/zfs (a rule of udev makes it so on most systems)"
    exposes = "the ioctls of ZFS, each of which checks rights of its own"

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)

    def probe(self, host: Host) -> Capability:
        """Say whether zpool may be used here."""
        try:
            pools = parse_list(_asked(host, LIST))
        except (HostError, NoData) as error:
            fix = self.fix if isinstance(error, Denied) else ""
            return missing(self.name, label(str(error)), fix, self.exposes if fix else "")
        return granted(self.name, f"{len(pools)} pool{'' if len(pools) == 1 else 's'}")

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return what there is of every pool; a pool without a status keeps its space."""
        pools = parse_list(_asked(host, LIST))
        told = {one.pool: one for one in parse_status(_asked(host, STATUS))} if pools else {}
        keys: list[Any] = []
        values: list[float | None] = []
        rows = []
        for pool in pools:
            status = told.get(pool.pool, Status(pool.pool, pool.state))
            vdevs = [vdev for vdev in status.vdevs if vdev.errors is not None]
            keys.append((pool.pool, tuple(vdev.name for vdev in vdevs)))
            values += _values(pool, status, vdevs)
            rows.append(_document(pool, status))
        return Reading(self._columns.of(keys), values, {"zfs_pools": rows})


def _asked(host: Host, argv: Sequence[str]) -> str:
    output = host.run(argv, _SECONDS)
    if output.code == 0:
        return output.out
    said = label(" ".join(output.err.split())) or f"{argv[0]} ended with {output.code}"
    if any(words in said for words in _NOT_HERE):
        raise NoData(f"ZFS is not in this kernel: {said}")
    if any(words in said for words in _REFUSED):
        raise Denied(said)
    raise HostError(said)


def _values(pool: Figures, status: Status, vdevs: Sequence[Vdev]) -> list[float | None]:
    running = status.scan_state in {"running", "paused"}
    return [
        *(float(pool.state == state) for state in STATES),
        pool.size,
        pool.used,
        pool.free,
        pool.utilization,
        pool.fragmentation,
        pool.deduplication,
        status.data_errors,
        status.progress if running else None,
        status.ended if status.scan == "scrub" else None,
        *(count for vdev in vdevs for count in vdev.errors or ()),
    ]


def _document(pool: Figures, status: Status) -> dict[str, Any]:
    return {
        "pool": pool.pool,
        "state": pool.state,
        "size_bytes": pool.size,
        "message": status.message,
        "scan": status.scan,
        "scan_state": status.scan_state,
        "scan_errors": status.scan_errors,
        "vdevs": [{"vdev": one.name, "depth": one.depth, "state": one.state, "note": one.note} for one in status.vdevs],
    }
