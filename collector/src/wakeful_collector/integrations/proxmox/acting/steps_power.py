"""The requests that start, stop, reboot, suspend and resume a guest. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.acting.deeds import QEMU, Planned, Refusal, Request
from wakeful_collector.integrations.proxmox.acting.kinds import KINDS

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.acting.deeds import Deed, Target

TIMEOUT_SECONDS = 180
"""How long a guest has to shut down when nobody says otherwise; Proxmox alone gives it 60 s."""

MARGIN_SECONDS = 120.0
"""What a task may take beyond the time its guest has."""


def start(deed: Deed, target: Target) -> Planned:
    """Start a guest; a paused VM goes on, one written to disk is read back."""
    if target.is_running:
        return Planned(notes=(f"{target.title} runs already",))
    if target.status == "paused":
        return Planned((_request(target, "resume", {}, deed.kind),), (f"{target.title} is paused: it goes on",))
    return Planned((_request(target, "start", {}, deed.kind),))


def resume(deed: Deed, target: Target) -> Planned:
    """Let a paused guest go on; one written to disk is started, which reads it back."""
    if target.is_running:
        return Planned(notes=(f"{target.title} runs already",))
    if target.lock == "suspended":
        return Planned((_request(target, "start", {}, deed.kind),), (f"{target.title} is read back from disk",))
    if target.status != "paused":
        raise Refusal("not_suspended", f"{target.title} is {target.status}, not suspended: start it instead")
    return Planned((_request(target, "resume", {}, deed.kind),))


def suspend(deed: Deed, target: Target) -> Planned:
    """Pause a guest, or write a VM to disk."""
    to_disk = bool(deed.arguments.get("to_disk"))
    if to_disk and target.kind != QEMU:
        raise Refusal("not_for_containers", "only VMs can be written to disk")
    if target.status == "paused" and not to_disk:
        return Planned(notes=(f"{target.title} is paused already",))
    _needs_running(target)
    return Planned((_request(target, "suspend", {"todisk": "1"} if to_disk else {}, deed.kind),))


def shutdown(deed: Deed, target: Target) -> Planned:
    """Let a guest shut itself down within `timeout_seconds`; with `force` it is stopped after that."""
    if target.status == "stopped":
        return Planned(notes=(f"{target.title} is stopped already",))
    if target.status == "paused":
        raise Refusal("paused", f"{target.title} is paused and cannot shut itself down: resume or stop it")
    return Planned((_timed(deed, target, "shutdown", {"forceStop": "1"} if deed.arguments.get("force") else {}),))


def reboot(deed: Deed, target: Target) -> Planned:
    """Let a guest reboot itself within `timeout_seconds`; what is pending is applied."""
    _needs_running(target)
    return Planned((_timed(deed, target, "reboot", {}),))


def stop(deed: Deed, target: Target) -> Planned:
    """Stop a guest at once; `overrule_shutdown` ends a shutdown under way first (Proxmox VE 8.2 and later)."""
    if target.status == "stopped":
        return Planned(notes=(f"{target.title} is stopped already",))
    form = {"overrule-shutdown": "1"} if deed.arguments.get("overrule_shutdown") else {}
    return Planned((_request(target, "stop", form, deed.kind),))


def _needs_running(target: Target) -> None:
    if not target.is_running:
        raise Refusal("not_running", f"{target.title} is {target.status}: it has to run for that")


def _timed(deed: Deed, target: Target, verb: str, form: dict[str, str]) -> Request:
    seconds = int(deed.arguments.get("timeout_seconds", TIMEOUT_SECONDS))
    made = _request(target, verb, {"timeout": str(seconds), **form}, deed.kind)
    return made._replace(seconds=max(made.seconds, seconds + MARGIN_SECONDS))


def _request(target: Target, verb: str, form: dict[str, str], kind: str) -> Request:
    return Request("POST", f"{target.path}/status/{verb}", form, KINDS[kind].seconds)
