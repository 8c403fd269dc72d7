"""The gateway's machines as a terminal shows them; the terminal makes what is hostile in answers harmless."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.moments import ago, ahead
from wakeful_collector.remote.table import Cell, Column, Styled

if TYPE_CHECKING:
    from wakeful_collector.remote.terminal import Terminal

_STYLES = {
    "awake": "good",
    "draining": "good",
    "waking": "warn",
    "stopping": "warn",
    "unreachable": "bad",
    "asleep": "dim",
}
_HEADS = (
    Column("MACHINE", 8),
    Column("STATE"),
    Column("FOR", right=True),
    Column("REQUESTS", spare=2),
    Column("LEASES", spare=3, right=True),
    Column("LOADED", 10, spare=4),
    Column("NEXT", 16, spare=1),
)
_MODEL_HEADS = (
    Column("MACHINE", 8, spare=2),
    Column("MODEL", 16),
    Column("SIZE", right=True),
    Column("LOADED"),
    Column("SEEN", spare=1, right=True),
)
_SETTING_HEADS = (
    Column("MACHINE", 8),
    Column("URL", 16),
    Column("WAKE"),
    Column("SLEEP"),
    Column("DEFAULT", spare=1),
)
_LEASE_HEADS = (Column("LEASE"), Column("OWNER", 8), Column("ENDS", right=True), Column("NOTE", 10, spare=1))
_STEP = 1000.0


def machines(out: Terminal, found: list[dict[str, Any]], now_ms: int) -> None:
    """Write how machines stand, one a line."""
    out.table(_HEADS, [_row(one, now_ms) for one in found])


def machine(out: Terminal, found: dict[str, Any], now_ms: int) -> None:
    """Write how one machine stands, with its leases."""
    out.line(Styled(str(found.get("name")), "bold"), "  ", _state(found), f" for {ago(found.get('since'), now_ms)}")
    rows: list[tuple[str, Cell]] = [
        ("why", str(found.get("reason") or "")),
        ("next", _next(found, now_ms)),
        ("requests", _requests(found)),
        ("loaded", ", ".join(map(str, found.get("running_models") or []))),
        ("stays awake", "for good" if found.get("permanent") else ""),
        ("url", str(found.get("url") or "")),
    ]
    out.pairs(rows, "  ")
    leases = [one for one in found.get("leases") or [] if isinstance(one, dict)]
    if leases:
        shown = [
            [str(one.get("id")), str(one.get("owner")), ahead(one.get("expires"), now_ms), str(one.get("note") or "")]
            for one in leases
        ]
        out.table(_LEASE_HEADS, shown, "  ")


def settings(out: Terminal, found: list[dict[str, Any]]) -> None:
    """Write how machines are reached, woken and put to sleep."""
    names = ("name", "url", "wake", "sleep")
    out.table(
        _SETTING_HEADS,
        [[*(str(one.get(name)) for name in names), "yes" if one.get("default") else ""] for one in found],
    )


def models(out: Terminal, found: list[dict[str, Any]], now_ms: int) -> None:
    """Write the models that machines have."""
    rows: list[list[Cell]] = []
    for one in found:
        running = {model.get("name") for model in one.get("running") or []}
        for model in one.get("models") or []:
            loaded = Styled("yes", "good") if model.get("name") in running else ""
            seen = ago(one.get("seen"), now_ms)
            rows.append([str(one.get("name")), str(model.get("name")), size(model.get("size")), loaded, seen])
    if rows:
        out.table(_MODEL_HEADS, rows)
    else:
        out.line("No models were seen yet; they are when a machine is awake.")


def result(out: Terminal, operation: str, found: dict[str, Any]) -> None:
    """Write what an operation answered."""
    out.line(Styled("done", "good"), f" {operation}")
    out.pairs(((name, _plain(value)) for name, value in found.items()), "  ")


def _plain(value: object) -> str:
    if value is None or isinstance(value, bool):
        return "" if value is None else "yes" if value else "no"
    if isinstance(value, dict):
        return " ".join(map(_plain, value.values()))
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)


def size(value: object) -> str:
    """Return bytes as model makers write them: `4.7 GB`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return ""
    left = float(value)
    for unit in ("B", "kB", "MB", "GB"):
        if left < _STEP:
            return f"{left:.0f} {unit}" if unit == "B" else f"{left:.1f} {unit}"
        left /= _STEP
    return f"{left:.1f} TB"


def _row(one: dict[str, Any], now_ms: int) -> list[Cell]:
    return [
        str(one.get("name")) + ("*" if one.get("default") else ""),
        _state(one),
        ago(one.get("since"), now_ms),
        _requests(one),
        str(len(one.get("leases") or []) or ""),
        ", ".join(map(str, one.get("running_models") or [])),
        _next(one, now_ms),
    ]


def _state(one: dict[str, Any]) -> Cell:
    state = str(one.get("state"))
    return Styled(state, _STYLES.get(state, ""))


def _next(one: dict[str, Any], now_ms: int) -> str:
    return f"{one.get('next') or ''} {ahead(one.get('next_at'), now_ms)}".strip()


def _requests(one: dict[str, Any]) -> str:
    counted = one.get("requests")
    if not isinstance(counted, dict) or not any(counted.values()):
        return ""
    waiting = f", {counted.get('waiting')} waiting" if counted.get("waiting") else ""
    return f"{counted.get('running')} running{waiting}"
