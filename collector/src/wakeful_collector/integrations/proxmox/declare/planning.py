"""Plans made of files, or of the declared state that is kept, and the estates as they were seen last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector.integrations.proxmox.acting.deeds import mark
from wakeful_collector.integrations.proxmox.declare import documents, refreshing
from wakeful_collector.integrations.proxmox.declare import plan as making
from wakeful_collector.integrations.proxmox.declare.steps import Options, Plan, joined
from wakeful_collector.integrations.proxmox.link import clusters
from wakeful_collector.model.estate import QEMU
from wakeful_collector.operations.registry import OperationError
from wakeful_collector.read import proxmox
from wakeful_collector.read import proxmox_wishes as kept

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.integrations.proxmox.declare.documents import File, Reading
    from wakeful_collector.integrations.proxmox.declare.wished import Fault, Wishes


class Planned(NamedTuple):
    """A plan, or the faults for which there is none; `marks` tells by cluster and number which guests were meant."""

    plan: Plan
    faults: tuple[Fault, ...]
    files: tuple[tuple[str, str], ...]
    marks: dict[str, str]
    version: int = 0

    def document(self) -> dict[str, Any]:
        """Return it as programs and pages take it."""
        told = [one.document() for one in self.faults]
        return {"plan": None if self.faults else self.plan.document(), "errors": told, "version": self.version or None}


def names(data: Path) -> list[str]:
    """Return the clusters that are set up."""
    return [one.name for one in clusters.clusters(data)]


def check_cluster(data: Path, given: dict[str, Any]) -> str:
    """Return the cluster that is named, empty where none is; raise OperationError for one that is not set up."""
    name = str(given.get("cluster", ""))
    known = names(data)
    if name and name not in known:
        hint = f"known are {', '.join(known)}" if known else "add it with proxmox.cluster.add"
        raise OperationError("unknown_cluster", f"there is no cluster {name!r}; {hint}", 404)
    return name


def read(data: Path, files: list[dict[str, str]], cluster: str) -> Reading:
    """Return what files declare."""
    return documents.read([documents.File(one["path"], one["text"]) for one in files], names(data), cluster)


def planned(data: Path, given: dict[str, Any], now_ms: int) -> Planned:
    """Return the plan of the files given, else of those kept.

    A cluster that is named is the one of documents that name none; of the declared state that is kept, only its part
    is planned. Raises OperationError: unknown cluster, or nothing was ever kept.
    """
    cluster = check_cluster(data, given)
    if "files" in given:
        files = tuple((one["path"], one["text"]) for one in given["files"])
        reading, version = documents.read(_files(files), names(data), cluster), 0
    else:
        row = kept.newest(data)
        if row is None or not row.files:
            raise OperationError("no_wishes", "no declared state is kept: give files, or keep some", 404)
        files, version = row.files, row.version
        reading = documents.read(_files(files), names(data), cluster)
    if reading.faults:
        return Planned(Plan(), reading.faults, files, {}, version)
    wishes = reading.wishes.of(cluster) if cluster and version else reading.wishes
    plan, marks = of_wishes(data, wishes, now_ms)
    return Planned(plan, (), files, marks, version)


def of_wishes(data: Path, wishes: Wishes, now_ms: int) -> tuple[Plan, dict[str, str]]:
    """Return the plan of wishes for all their clusters, and which guests are meant."""
    plans, marks = [], {}
    for name in wishes.clusters():
        cluster = clusters.cluster(data, name)
        if cluster is None:
            continue
        estate = refreshing.refreshed(data, proxmox.estate(data, name), now_ms)
        made = making.plan(estate, wishes, Options(now_ms, cluster.protected))
        plans.append(made)
        meant = {step.guest for step in made.steps}
        for guest in estate.guests:
            if guest.vmid in meant and guest.config:
                marks[f"{name}/{guest.vmid}"] = mark("qemu" if guest.kind == QEMU else "lxc", guest.config)
    return joined(plans), marks


def _files(files: tuple[tuple[str, str], ...]) -> list[File]:
    return [documents.File(*one) for one in files]
