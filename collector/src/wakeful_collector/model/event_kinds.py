"""The kinds of events that the collector tells, each with when and with what data: no agent may tell one of these."""

from __future__ import annotations

from typing import NamedTuple


class EventKind(NamedTuple):
    """A kind of event: its name, when it is told, and the names of its data; `note` says more of the data."""

    name: str
    when: str
    data: tuple[str, ...] = ()
    note: str = ""


_OPENED = ("incident", "detail")
_ENDED = ("command", "by", "summary", "late")

KINDS = (
    EventKind("host.enrolled", "A machine spent an invite; the subject is its name", ("version",)),
    EventKind("host.first_seen", "A host pushed for the first time; the subject is its name"),
    EventKind("host.renamed", "A host calls itself something else now", ("from", "to")),
    EventKind("host.silent", "A host pushes nothing any more; the subject is its name", ("incident", "last_seen_ms")),
    EventKind("host.back", "A host that was silent pushes again", ("incident", "seconds_silent")),
    EventKind(
        "host.conflict",
        "Two machines push under one identity (a cloned disk) and were told apart; told on both",
        ("run",),
    ),
    EventKind(
        "gateway.unreachable",
        "A machine of the gateway was wanted and did not wake; the subject is its name, as in all of these",
        _OPENED,
    ),
    EventKind("gateway.sleep_failed", "It was ordered to sleep and did not", _OPENED),
    EventKind(
        "gateway.host_key_changed",
        "It shows another SSH host key than the one that was pinned: no order was given, no secret sent",
        _OPENED,
        "`detail` has both fingerprints",
    ),
    EventKind("gateway.well", "That is over, or the machine was removed", _OPENED),
    EventKind(
        "proxmox.unreachable", "A Proxmox cluster could not be looked at for a minute; the subject is its name", _OPENED
    ),
    EventKind("proxmox.refused", "It refused the login", _OPENED),
    EventKind(
        "proxmox.certificate_changed",
        "No host of it shows a certificate that is trusted: nothing was sent",
        _OPENED,
        "`detail` has the fingerprint that was seen",
    ),
    EventKind("proxmox.quorum_lost", "It has no quorum; the subject is `CLUSTER/quorum`", _OPENED),
    EventKind("proxmox.node_offline", "A node of it is offline; the subject is `CLUSTER/node/NODE`", _OPENED),
    EventKind(
        "proxmox.backup_failed",
        "The newest backup failed; the subject is `CLUSTER/backup/` and the guest's id, or the node of a job",
        _OPENED,
    ),
    EventKind("proxmox.never_backed_up", "A guest that a backup job covers has no backup after 26 hours", _OPENED),
    EventKind(
        "proxmox.drift",
        "A guest, pool or setting differs newly from the declared state; the subject is what it is called",
        ("cluster", "old", "new", "effect"),
    ),
    EventKind(
        "proxmox.drift_ended",
        "Nothing of a cluster differs any more; the subject is its name",
        ("cluster", "since_ms"),
    ),
    EventKind("proxmox.well", "One of these is over, or the cluster was removed", _OPENED),
    EventKind(
        "command.requested",
        "Somebody asked for a command; the subject is the action, as in all of these",
        ("command", "by", "arguments"),
        "`command` is its id",
    ),
    EventKind("command.done", "The agent did what it was asked for", _ENDED),
    EventKind("command.failed", "The agent tried, and it did not succeed", _ENDED),
    EventKind("command.refused", "The agent judged that its machine's file does not permit it", _ENDED),
    EventKind("command.expired", "Nobody took the command, or answered it, in its time", _ENDED),
    EventKind("command.cancelled", "Somebody took a command back before any machine was told", ("command", "by")),
)
NAMES = frozenset(kind.name for kind in KINDS)
