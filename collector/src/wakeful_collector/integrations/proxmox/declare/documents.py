"""Reads declarations: every fault of every file at once, with file, line and path; or what they wish for. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.integrations.proxmox.declare import checking, guest_documents, other_documents, yaml_nodes
from wakeful_collector.integrations.proxmox.declare.faults import FAULTS_MAX, Faults
from wakeful_collector.integrations.proxmox.declare.wished import (
    GUEST_KINDS,
    KINDS,
    POOL,
    VERSION,
    Fault,
    GuestWish,
    Place,
    PolicyWish,
    PoolWish,
    Wishes,
)
from wakeful_collector.integrations.proxmox.declare.yaml_nodes import YamlUnfit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wakeful_collector.integrations.proxmox.declare.yaml_nodes import Mapping, Node

FILES_MAX = 500
CHARACTERS_MAX = 4 * 1024 * 1024
_CLUSTER = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)
_TOP = ("apiVersion", "kind", "metadata", "spec")


class File(NamedTuple):
    """A file of declarations; the path is only said again, never opened."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What some files came to: wishes that count only when there are no faults."""

    wishes: Wishes
    faults: tuple[Fault, ...]
    documents: int


def read(files: Sequence[File], clusters: Iterable[str], default: str = "") -> Reading:
    """Return what files declare; `default` is the cluster of documents that name none."""
    known = frozenset(clusters)
    size = sum(len(one.text) for one in files)
    if len(files) > FILES_MAX or size > CHARACTERS_MAX:
        told = f"{len(files)} files with {size} characters; at most {FILES_MAX} and {CHARACTERS_MAX} are taken"
        return Reading(Wishes(), (Fault("", 0, "", told, "declare less at once"),), 0)
    found: list[GuestWish | PoolWish | PolicyWish] = []
    faults: list[Fault] = []
    documents = 0
    for one in files:
        if len(faults) >= FAULTS_MAX:
            break
        gathered = Faults(one.path)
        nodes = _nodes(one, gathered)
        documents += len(nodes)
        found += [wish for node in nodes if (wish := _wish(node, known, default, gathered)) is not None]
        faults += gathered.found
    wishes = Wishes(
        tuple(one for one in found if isinstance(one, GuestWish)),
        tuple(one for one in found if isinstance(one, PoolWish)),
        tuple(one for one in found if isinstance(one, PolicyWish)),
    )
    faults += checking.faults(wishes)
    return Reading(wishes, tuple(faults[:FAULTS_MAX]), documents)


def _nodes(file: File, faults: Faults) -> list[Node]:
    try:
        return yaml_nodes.read(file.text)
    except YamlUnfit as error:
        faults.add(error.line, "", str(error), error.hint)
        return []


def _wish(
    node: Node, clusters: frozenset[str], default: str, faults: Faults
) -> GuestWish | PoolWish | PolicyWish | None:
    document = faults.mapping(node, node.line, "")
    if document is None:
        return None
    before = len(faults.found)
    kind = _kind(document, faults)
    metadata = faults.mapping(document.get("metadata"), document.line, "metadata")
    spec = faults.mapping(document.get("spec"), document.line, "spec")
    for entry in document.entries:
        if entry.name not in _TOP:
            faults.unknown(entry.line, entry.name, entry.name, _TOP)
    if kind is None or metadata is None or spec is None:
        return None
    names = ("cluster", "vmid") if kind in GUEST_KINDS else ("cluster", "name")
    for entry in metadata.entries:
        if entry.name not in names:
            faults.unknown(entry.line, f"metadata.{entry.name}", entry.name, names)
    cluster = _cluster(metadata, clusters, default, faults)
    place = Place(faults.file, document.line)
    if kind in GUEST_KINDS:
        wish: GuestWish | PoolWish | PolicyWish | None = guest_documents.read(
            kind, metadata, spec, cluster, place, faults
        )
    elif kind == POOL:
        wish = other_documents.read_pool(metadata, spec, cluster, place, faults)
    else:
        wish = other_documents.read_policy(metadata, spec, cluster, place, faults)
    return wish if len(faults.found) == before else None


def _kind(document: Mapping, faults: Faults) -> str | None:
    version = faults.scalar(document.get("apiVersion"), document.line, "apiVersion")
    if version is not None and version != VERSION:
        faults.add(document.line, "apiVersion", f"{version[:40]!r} is not known", f"write {VERSION}")
    kind = faults.scalar(document.get("kind"), document.line, "kind")
    if kind is not None and kind not in KINDS:
        faults.unknown(document.line, "kind", kind, KINDS)
        return None
    return kind


def _cluster(metadata: Mapping, known: frozenset[str], default: str, faults: Faults) -> str:
    node = metadata.get("cluster")
    if node is None and default:
        return default
    if node is None and len(known) == 1:
        return next(iter(known))
    if node is None:
        hint = f"known are {', '.join(sorted(known))}" if known else "add the cluster first"
        faults.add(metadata.line, "metadata.cluster", "is missing", hint)
        return ""
    name = faults.scalar(node, metadata.line, "metadata.cluster") or ""
    if name and (not _CLUSTER.fullmatch(name) or name not in known):
        faults.unknown(node.line, "metadata.cluster", name, known)
    return name
