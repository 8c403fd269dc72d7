"""Wishes sent to the collector: planned there, with every error told as one failure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.failure import FAILED, USAGE, Failure
from wakeful_collector.remote.proxmox import documents, plans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wakeful_collector.remote.session import Session

PATIENCE_SECONDS = 120.0
"""A cluster is read anew for a plan, and a slow one takes its time."""


def files_of(places: Sequence[str]) -> dict[str, Any]:
    """Return the argument that brings files along; nothing when none is named."""
    return {"files": documents.gathered(places)} if places else {}


def planned(session: Session, places: Sequence[str], more: dict[str, Any]) -> dict[str, Any]:
    """Return the answer that holds a plan; raise Failure, with every error of the files told before."""
    return answered(session, "proxmox.plan", files_of(places) | more)


def answered(session: Session, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Return what an operation that plans answers; raise Failure when the wishes hold errors."""
    found = asking.result_of(session, operation, asked, PATIENCE_SECONDS)
    errors = [one for one in found.get("errors") or [] if isinstance(one, dict)]
    if errors:
        if session.json:
            session.out.document(found)
        for one in [] if session.json else errors:
            plans.fault(session.err, one)
        raise Failure(USAGE, "errors", f"the wishes hold {len(errors)} error{'s' if len(errors) != 1 else ''}")
    if not isinstance(found.get("plan"), dict) and operation != "proxmox.drift":
        raise Failure(FAILED, "bad_answer", "the collector's answer holds no plan", "are versions far apart?")
    return found
