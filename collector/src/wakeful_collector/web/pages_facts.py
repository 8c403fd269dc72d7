"""What a machine is, in the order people ask for it; everything in it was said by the machine and is hostile text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.web import pages_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wakeful_collector.model.host import Host


def facts(host: Host, system: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return label and value of what is known, from the hello and the inventory `system`; what is not, is left out."""
    said = {**host.hello, **system}
    uname, user, cpu = _part(said, "uname"), _part(said, "user"), _part(said, "cpu")
    python = f", Python {said['python']}" if said.get("python") else ""
    rows = [
        ("System", os_name(said)),
        ("Kernel", _joined(uname.get("sysname") or uname.get("system"), uname.get("release"))),
        ("Architecture", uname.get("machine")),
        ("Processor", cpu.get("model")),
        ("Cores", _cores(cpu)),
        ("Virtualisation", said.get("virtualization")),
        ("Started", _time(said.get("boot_time_ms"))),
        ("Machine id", said.get("machine_id")),
        ("Agent", f"{host.version}{python}, every {pages_text.span(host.interval_seconds)}"),
        ("Agent runs as", user.get("name")),
        ("Enrolled", pages_text.at(host.enrolled_ms)),
        ("Id here", host.id),
    ]
    return [
        (label, pages_text.cell(value) if isinstance(value, (int, float)) else value) for label, value in rows if value
    ]


def os_name(said: Mapping[str, Any]) -> str:
    """Return the name of the operating system, empty when the machine did not say it."""
    os = _part(said, "os")
    pretty = os.get("title") or os.get("pretty_name")
    return pages_text.cell(pretty) if pretty else _joined(os.get("name"), os.get("version"))


def summary(
    host: Host, cores: int | None = None, memory: float | None = None, uptime: float | None = None
) -> list[str]:
    """Return the line under a host's name: system, kernel, memory in bytes, uptime in seconds, as far as known."""
    uname = _part(host.hello, "uname")
    size = None if cores is None else f"{cores} core{'' if cores == 1 else 's'}, {pages_text.size(memory)}"
    parts = [
        os_name(host.hello),
        _joined(uname.get("release"), uname.get("machine")),
        size,
        None if uptime is None else f"up {pages_text.span(uptime)}",
    ]
    return [part for part in parts if part]


def _part(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = said.get(name)
    return part if isinstance(part, dict) else {}


def _joined(*words: Any) -> str:
    return " ".join(pages_text.cell(word) for word in words if word)


def _cores(cpu: Mapping[str, Any]) -> str:
    logical, physical = cpu.get("logical"), cpu.get("physical")
    if not logical:
        return ""
    return f"{logical} logical, {physical} physical" if physical else f"{logical} logical"


def _time(at_ms: Any) -> Any:
    return pages_text.at(at_ms) if isinstance(at_ms, (int, float)) and at_ms > 0 else None
