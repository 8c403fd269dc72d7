"""What goes over Wings' websocket: frames of an event and one text, figures, and what a token says of itself. Pure."""

from __future__ import annotations

import binascii
import json

from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping

FRAME_BYTES_MAX = 4_096
"""What Wings takes of one frame; it closes the connection (1009) over a longer one."""
LIFETIME_SECONDS = 600
_FIGURES = ("memory_bytes", "memory_limit_bytes", "cpu_absolute", "disk_bytes", "uptime")
_NETWORK = (("rx_bytes", "network_rx_bytes"), ("tx_bytes", "network_tx_bytes"))
_FIGURE_MAX = 1 << 60


class Frame(NamedTuple):
    """An event and its first argument, empty when it has none."""

    event: str
    text: str = ""


class Claims(NamedTuple):
    """What a token says: for which server, and for how many seconds it lasts from when it was made."""

    server: str
    lifetime_seconds: float


def parse_frame(text: str) -> Frame | None:
    """Return what a frame says; None when it is garbage."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return None
    event = told.get("event") if isinstance(told, dict) else None
    arguments = told.get("args") if isinstance(event, str) else None
    first = arguments[0] if isinstance(arguments, list) and arguments else ""
    return Frame(event, first if isinstance(first, str) else "") if isinstance(event, str) else None


def write_frame(event: str, text: str = "") -> str:
    """Return a frame as Wings reads it: exactly one argument, or none."""
    return json.dumps({"event": event, "args": [text]} if text else {"event": event})


def parse_stats(text: str) -> dict[str, float | str]:
    """Return the figures of a `stats` frame, with `state` where it says one; nothing of what is no number."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(told, dict):
        return {}
    found: dict[str, float | str] = dict(_numbers(told, [(name, name) for name in _FIGURES]))
    network = told.get("network")
    if isinstance(network, dict):
        found.update(_numbers(network, _NETWORK))
    state = told.get("state")
    if isinstance(state, str):
        found["state"] = state
    return found


def parse_claims(token: str) -> Claims:
    """Return what a token says of itself, unverified: it is only carried from the panel to Wings."""
    part = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        told = json.loads(binascii.a2b_base64(part.replace("-", "+").replace("_", "/") + "=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        return Claims("", LIFETIME_SECONDS)
    made: Any = told.get("iat")
    ends: Any = told.get("exp")
    numbers = all(_is_number(one) and 0 <= one < _FIGURE_MAX for one in (made, ends))
    lasts = ends - made if numbers else LIFETIME_SECONDS
    server = told.get("server_uuid")
    return Claims(server.lower() if isinstance(server, str) else "", float(min(max(lasts, 1), 86_400)))


def figures(told: Mapping[str, Any]) -> dict[str, float]:
    """Return those of the panel's or Wings' figures that are shown."""
    return dict(_numbers(told, [(name, name) for name in (*_FIGURES, *(shown for _, shown in _NETWORK))]))


def _numbers(told: Mapping[str, Any], names: Any) -> list[tuple[str, float]]:
    return [
        (shown, told[name]) for name, shown in names if _is_number(told.get(name)) and 0 <= told[name] < _FIGURE_MAX
    ]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value  # noqa: PLR0124 - NaN alone differs from itself
