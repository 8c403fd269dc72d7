"""Who may ask: the Host and the Origin that Ollama lets through while it listens on loopback."""

from __future__ import annotations

import ipaddress
import re
import socket

LOCAL_NAMES = re.compile(r"(?:.*\.)?localhost|.+\.(?:local|internal)")
ORIGINS = re.compile(
    r"https?://(?:localhost|127\.0\.0\.1|0\.0\.0\.0)(?::\d+)?|(?:app|file|tauri)://.*|vscode-(?:webview|file)://.*"
)


def allowed_host(host: str) -> bool:
    """Tell whether a Host header names this machine, as far as a page in a browser could not forge it."""
    name = re.sub(r":\d*$", "", host) if not host.startswith("[") else host[1:].partition("]")[0]
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        lower = name.lower()
        return lower in {"", socket.gethostname().lower()} or LOCAL_NAMES.fullmatch(lower) is not None
    return address.is_loopback or address.is_private or address.is_unspecified


def allowed_origin(origin: str | None, host: str) -> bool:
    """Tell whether a page of that origin may ask; a page that Ollama itself would have served may."""
    if not origin or origin in {f"http://{host}", f"https://{host}"}:
        return True
    return ORIGINS.fullmatch(origin) is not None
