"""A Ceph cluster as this node sees it: health, monitors, OSDs, placement groups, space, pools."""

from __future__ import annotations

import re

from wakeful_agent.capabilities import granted, missing
from wakeful_agent.host.ceph import STATES, checks_of, pool_figures, read_json, state_of, status_figures
from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.host.jsons import text
from wakeful_agent.host.text import label
from wakeful_agent.meter import Columns, Meter, NoData, Option, Reading
from wakeful_wire.schema import Series, series

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.capabilities import Capability
    from wakeful_agent.host.files import Host

_SECONDS = 12.0
_SECOND_LABELS = {"checks": "severity", "client.io": "direction", "client.operations": "direction"}
_STATED = frozenset({"monitors", "osds", "placement_groups", "objects", "capacity.usage", "usage"})
# The program writes its log from a thread of its own, whose last lines are lost when it ends at once: then all that is
# left of a missing key is EOPNOTSUPP (95), no way to authenticate that both sides know.
_REFUSED = (
    "ermission denied",
    "unable to find a keyring",
    "RADOS object not found",
    "ObjectNotFound",
    "EACCES",
    "[errno 95]",
)
_LOGGED = re.compile(r"\d{4}-\d\d-\d\dT\S+ [0-9a-f]+ +-?\d+ ")
_CONF = "etc/ceph/ceph.conf"


def _make(key: tuple[str, tuple[tuple[str, str], ...]]) -> list[Series]:
    pool, figures = key
    made = [] if pool else [series("hw.status", type="cluster", name="ceph", state=state) for state in STATES]
    for metric, word in figures:
        if pool:
            second = {"state": word} if metric in _STATED and word else {}
            made.append(series(f"ceph.pool.{metric}", pool=pool, **second))
        else:
            name = _SECOND_LABELS.get(metric) or ("state" if metric in _STATED else "")
            made.append(series(f"ceph.{metric}", **({name: word} if name else {})))
    return made


class CephMeter(Meter):
    """Health, monitors, OSDs, placement groups, space and traffic of the cluster, and space of each pool."""

    name = "ceph"
    interval_seconds = 60.0
    budget_seconds = 30.0
    aside = True
    source = _CONF
    fix = (
        "ceph auth get-or-create client.wakeful mon 'allow r' mgr 'allow r' -o /etc/ceph/ceph.client.wakeful.keyring"
        " && chgrp wakeful /etc/ceph/ceph.client.wakeful.keyring && chmod 0640 /etc/ceph/ceph.client.wakeful.keyring"
    )
    exposes = "state, names and sizes of the cluster's parts; no data of its clients, and nothing can be changed"
    options = (Option("user", "wakeful", "the name of the client whose keyring is in /etc/ceph", local=True),)

    def __init__(self) -> None:
        super().__init__()
        self._columns = Columns(_make)

    def probe(self, host: Host) -> Capability:
        """Say whether the cluster may be asked, by asking it."""
        try:
            self._asked(host, "status", 1.8)
        except Denied as error:
            return missing(self.name, label(str(error)), self.fix, self.exposes)
        except (HostError, NoData) as error:
            return missing(self.name, label(str(error)))
        return granted(self.name)

    def read(self, host: Host, now_ms: int) -> Reading:
        """Return what the monitors and the manager say; pools that cannot be told cost nothing else."""
        status = self._asked(host, "status", _SECONDS)
        state, cluster = state_of(status), status_figures(status)
        trouble: HostError | None = None
        try:
            pools = pool_figures(self._asked(host, "df", _SECONDS))
        except HostError as error:
            pools, trouble = {}, error
        keys: list[Any] = [("", tuple(cluster)), *((name, tuple(figures)) for name, figures in pools.items())]
        values: list[float | None] = [float(state == one) for one in STATES]
        values += cluster.values()
        for figures in pools.values():
            values += figures.values()
        document = {
            "state": state,
            "fsid": text(status, "fsid"),
            "checks": checks_of(status),
            "pools": sorted(pools),
        }
        return Reading(self._columns.of(keys), values, {"ceph": document}, trouble)

    def _asked(self, host: Host, what: str, seconds: float) -> dict[str, Any]:
        if not host.exists(_CONF):
            raise NoData(f"no cluster is set up here: there is no /{_CONF}")
        user = str(self.chosen["user"])
        known = host.exists(f"etc/ceph/ceph.client.{user.replace('/', '_')}.keyring")
        argv = ["ceph", *(["--id", user] if known else []), "--connect-timeout", str(max(1, int(seconds) - 2)), what]
        output = host.run([*argv, "--format", "json"], seconds)
        if output.code == 0:
            return read_json(output.out)
        raise _complaint(output.err, output.code)


def _complaint(said: str, code: int) -> HostError:
    """Return what ceph complains of: the line on its rights if there is one, else the last, without the log's words."""
    lines = [_LOGGED.sub("", line.strip()) for line in said.split("\n") if line.strip()]
    refused = next((line for line in lines if any(words in line for words in _REFUSED)), "")
    last = label(refused or "".join(lines[-1:]), 300)
    return (Denied if refused else HostError)(f"ceph says: {last}" if last else f"ceph ended with {code}")
