"""What is planned for one cluster so far, and what steps of it need to know of the others. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting import protecting
from wakeful_collector.integrations.proxmox.declare import naming
from wakeful_collector.integrations.proxmox.declare.steps import PRUNE, SNAPSHOT, START, Problem, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wakeful_collector.integrations.proxmox.acting.deeds import Request
    from wakeful_collector.integrations.proxmox.declare.steps import Options
    from wakeful_collector.integrations.proxmox.declare.wished import GuestWish, Place, Wishes
    from wakeful_collector.model.estate import Estate, Guest

_HARMLESS = frozenset({SNAPSHOT, PRUNE, START})
"""What a protected guest takes: a policy only removes what it made itself."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """An estate, what is wished for it, and guests by number; `pools` is where declared members belong.

    `coming` are guests as they will be after the steps before, those that these make among them.
    """

    estate: Estate
    wishes: Wishes
    options: Options
    guests: Mapping[int, Guest]
    pools: Mapping[int, str] = field(default_factory=dict)
    coming: Mapping[int, Guest] = field(default_factory=dict)


def outlook(estate: Estate, wishes: Wishes, options: Options) -> Outlook:
    """Return what the parts of a plan share."""
    own = wishes.of(estate.cluster)
    pools = {vmid: one.name for one in own.pools for vmid in one.members or ()}
    return Outlook(estate, own, options, {one.vmid: one for one in estate.guests}, pools)


def blocked(guest: Guest, kind: str, options: Options) -> str:
    """Return why a step will be refused as the guest is now, empty when nothing is in its way."""
    if guest.lock and not (kind == START and guest.lock == "suspended"):
        return f"it is locked ({guest.lock})"
    if kind in _HARMLESS:
        return ""
    why = protecting.reasons(guest.vmid, guest.wanted.get("protection", ""), guest.tags, options.protected)
    return f"it is protected: {'; '.join(why)}" if why else ""


def step(
    guest: Guest,
    kind: str,
    change: tuple[Mapping[str, str | None], Mapping[str, str | None]],
    why: str,
    effect: str,
    requests: tuple[Request, ...],
    options: Options,
) -> Step:
    """Return a step about a guest; `change` is what was and what is to be."""
    return Step(
        kind=kind,
        cluster=guest.cluster,
        guest=guest.vmid,
        title=naming.title(guest.kind, guest.vmid, guest.name),
        old=change[0],
        new=change[1],
        why=why,
        effect=effect,
        requests=requests,
        blocked=blocked(guest, kind, options),
    )


def problem(wish: GuestWish, title: str, message: str, hint: str = "", key: str = "") -> Problem:
    """Return what is in the way of a wish, where the field stands."""
    line = wish.lines.get(key, wish.place.line)
    return Problem(wish.cluster, title, message, hint, wish.place.file, line, f"spec.{key}" if key else "")


def declared(place: Place) -> str:
    """Return where something is declared, as the reason of a step."""
    return f"declared in {place.file}:{place.line}" if place.file else "declared so"
