"""The pages people see. Importing this registers them all on `blueprint`."""

from __future__ import annotations

from wakeful_collector.web import (
    pages_asking,
    pages_fleet,
    pages_host,
    pages_metrics,
    pages_notifications,
    pages_settings,
    pages_timeline,
    pages_watches,
)
from wakeful_collector.web.pages_frame import blueprint

__all__ = [
    "blueprint",
    "pages_asking",
    "pages_fleet",
    "pages_host",
    "pages_metrics",
    "pages_notifications",
    "pages_settings",
    "pages_timeline",
    "pages_watches",
]
