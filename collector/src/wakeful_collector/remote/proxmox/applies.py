"""An apply followed to its end: each step told once it begins and once it ended."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.failure import FAILED, OK, PENDING, Failure
from wakeful_collector.remote.moments import span
from wakeful_collector.remote.proxmox import deeds
from wakeful_collector.remote.table import Styled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wakeful_collector.remote.session import Session

Record = dict[str, Any]

_STYLES = {"ok": "good", "failed": "bad", "refused": "bad", "lost": "bad", "skipped": "dim", "running": "warn"}


def one(session: Session, number: object) -> Record:
    """Return the apply with that id; raise Failure."""
    found = asking.result_of(session, "proxmox.applies", {"id": number}).get("applies")
    if not isinstance(found, list) or not found or not isinstance(found[0], dict):
        raise Failure(FAILED, "bad_answer", "the collector's answer holds no apply", "are versions far apart?")
    return found[0]


def ended(session: Session, found: Record, wait_seconds: float) -> Record:
    """Return an apply as it stands at its end, or once patience is over; each step is told meanwhile."""
    teller = _Teller(session)
    with deeds.only_looking(session, f"wakeful proxmox deeds --applies {found.get('id')} --wait"):
        return deeds.followed(
            found,
            lambda known, _: one(session, known.get("id")),
            teller.tell,
            wait_seconds,
            lambda known: str(known.get("state")) not in deeds.PENDING,
        )


def told(session: Session, found: Mapping[str, Any]) -> None:
    """Say what became of an apply, and how to go on with one that stopped."""
    out, state = session.out, str(found.get("state"))
    said, progress = str(found.get("summary") or ""), f"{found.get('done')} of {found.get('count')} steps are done"
    out.line(
        deeds.state_cell(state),
        f" {found.get('id')}: {said or progress}",
    )
    if state in deeds.PENDING:
        out.line("  ", Styled(f"it goes on; wakeful proxmox deeds --applies {found.get('id')} --wait", "dim"))
    elif state != "ok" or found.get("skipped"):
        out.line("  ", Styled(f"wakeful proxmox apply --resume {found.get('id')} goes on with the rest", "dim"))


def exit_code(found: Mapping[str, Any], wait_seconds: float) -> int:
    """Return the exit code that an apply's state means; one that left steps out has changes pending."""
    code = deeds.exit_code(found, wait_seconds)
    return PENDING if code == OK and wait_seconds and found.get("skipped") else code


def steps_told(session: Session, found: Mapping[str, Any]) -> None:
    """Write where each step stands."""
    for step in _steps(found):
        state = str(step.get("state"))
        detail = f": {step['detail']}" if step.get("detail") else ""
        cell = Styled(state.ljust(8), _STYLES.get(state, ""))
        session.out.line(f"  {step.get('number')} ", cell, f" {_name(step)}", detail)


class _Teller:
    """Tells steps as they go on."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._began = monotonic()
        self._told: dict[object, str] = {}

    def tell(self, found: Mapping[str, Any]) -> None:
        if self._session.json:
            return
        err, steps = self._session.err, _steps(found)
        for step in steps:
            state = str(step.get("state"))
            if state not in _STYLES or self._told.get(step.get("number")) == state or state == "running":
                continue
            self._told[step.get("number")] = state
            detail = f": {step['detail']}" if step.get("detail") else ""
            err.line(f"  {step.get('number')}/{len(steps)} ", Styled(state, _STYLES[state]), f" {_name(step)}", detail)
        running = next((step for step in steps if step.get("state") == "running"), None)
        if running is not None:
            err.passing(f"{running.get('number')}/{len(steps)} {_name(running)}, {span(monotonic() - self._began)}")
        else:
            err.passing()


def _name(step: Mapping[str, Any]) -> str:
    return f"{step.get('title')}: {str(step.get('kind')).replace('_', ' ').replace('.', ' ')}"


def _steps(found: Mapping[str, Any]) -> list[Record]:
    return [one for one in found.get("steps") or [] if isinstance(one, dict)]
