"""Which cluster and which guest are meant: by number or whole name, never by part of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import NOT_FOUND, Failure, closest, usage

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

Record = dict[str, Any]


def add_cluster(parser: argparse.ArgumentParser) -> None:
    """Add --cluster."""
    parser.add_argument("--cluster", metavar="NAME", help="which cluster (default: all of them, or the only one)")


def add_guest(parser: argparse.ArgumentParser, is_asked_later: bool = False) -> None:
    """Add the guest that it is about; `is_asked_later`: the command itself says when it is missing."""
    told = "its number or name; CLUSTER/101 where several clusters have it"
    parser.add_argument("guest", nargs="?" if is_asked_later else None, metavar="GUEST", help=told)
    add_cluster(parser)


def in_cluster(given: argparse.Namespace) -> dict[str, str]:
    """Return the argument that names the cluster, when one was named."""
    return {} if given.cluster is None else {"cluster": given.cluster}


def clusters(session: Session) -> list[Record]:
    """Return the clusters that the collector knows; raise Failure."""
    return records(asking.result_of(session, "proxmox.cluster.list", {}), "clusters")


def cluster(session: Session, name: str | None) -> str:
    """Return the cluster that is named, or the only one; raise Failure when that is none or several."""
    if name is not None:
        return name
    known = [str(one.get("name")) for one in clusters(session)]
    if len(known) == 1:
        return known[0]
    if not known:
        raise Failure(
            NOT_FOUND,
            "no_cluster",
            "there is no cluster yet",
            "wakeful proxmox add NAME hosts=ADDRESS login=USER@REALM!TOKENID secret=@-",
        )
    raise usage("there are several clusters", f"name one: --cluster {'|'.join(known)}")


def guest(session: Session, word: str, named: str | None) -> Record:
    """Return the guest of that number or name (`CLUSTER/` may stand before it); raise Failure unless it is one."""
    before, slash, rest = word.partition("/")
    where, wanted = (before, rest) if slash else (named, word)
    asked = {} if where is None else {"cluster": where}
    known = records(asking.result_of(session, "proxmox.guests", asked), "guests")
    fitting = _fitting(known, wanted)
    if not fitting:
        gone = records(asking.result_of(session, "proxmox.guests", asked | {"gone": True}), "guests")
        fitting = _fitting([one for one in gone if one.get("gone")], wanted)[:1]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        which = ", ".join(f"{one.get('cluster')}/{one.get('vmid')}" for one in fitting)
        raise usage(f"{len(fitting)} guests are called {wanted!r}", f"name one of {which}")
    near = closest(wanted, [str(one.get("name")) for one in known if one.get("name")])
    meant = f"; did you mean {near}?" if near else ""
    raise Failure(
        NOT_FOUND, "unknown_guest", f"there is no guest {wanted!r}{meant}", "wakeful proxmox guests lists them"
    )


def _fitting(known: list[Record], wanted: str) -> list[Record]:
    found = [one for one in known if wanted == str(one.get("vmid"))]
    return found or [one for one in known if wanted.casefold() == str(one.get("name") or "").casefold()]


def subject(found: Record) -> Record:
    """Return the arguments that name a guest in every operation."""
    return {"cluster": str(found.get("cluster")), "vmid": found.get("vmid")}


def title(found: Record) -> str:
    """Return a guest as people call it: `web-1 (101)`."""
    name = str(found.get("name") or "")
    return f"{name} ({found.get('vmid')})" if name else str(found.get("vmid"))
