"""Charts of web servers, of what is asked over the network, of tunnels, other devices and games."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wakeful_collector.web.pages_panel import Panel

SECTIONS: tuple[tuple[str, tuple[Panel, ...]], ...] = ()
