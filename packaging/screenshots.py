"""Takes pictures of every page, both themes and both widths, of the demo fleet: into `screenshots/` (git-ignored).

Run by `make screenshots`; somebody should look at them before a release.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
WIDTHS = {1440: 1000, 390: 844}
PAGES = {
    "fleet": "/",
    "host": "/hosts/{up}?span=24h",
    "host-silent": "/hosts/{silent}",
    "watches": "/hosts/{keeper}/watches",
    "host-asleep": "/hosts/{sleeper}",
    "watches-none": "/hosts/{db}/watches",
    "timeline": "/timeline",
    "gateway": "/integrations/ollama",
    "gateway-machine": "/integrations/ollama/gpu-lab-01",
    "gateway-attic": "/integrations/ollama/attic",
    "gateway-requests": "/integrations/ollama/gpu-lab-01/requests",
    "gateway-settings": "/integrations/ollama/gpu-lab-01/settings",
    "gateway-add": "/integrations/ollama/_/add",
    "clusters": "/integrations/proxmox",
    "cluster": "/integrations/proxmox/lab",
    "guests": "/integrations/proxmox/lab/guests",
    "guest": "/integrations/proxmox/lab/guests/100",
    "guest-config": "/integrations/proxmox/lab/guests/104/config",
    "guest-snapshots": "/integrations/proxmox/lab/guests/100/snapshots",
    "node": "/integrations/proxmox/lab/nodes/pve1",
    "contents": "/integrations/proxmox/lab/storage/pve1/nas",
    "backups": "/integrations/proxmox/lab/backups",
    "tasks": "/integrations/proxmox/lab/tasks",
    "history": "/integrations/proxmox/lab/history",
    "plan": "/integrations/proxmox/lab/plan",
    "cluster-settings": "/integrations/proxmox/lab/settings",
    "cluster-add": "/integrations/proxmox/_/add",
    "notifications": "/settings/notifications",
    "channel": "/settings/notifications/ch_demo",
    "host-disks": "/hosts/{nas}?span=24h#section-6",
    "host-containers": "/hosts/{ci}?span=24h#section-6",
    "host-database": "/hosts/{db}?span=24h#section-6",
    "metrics": "/hosts/{db}/metrics?span=24h",
    "metric": "/hosts/{db}/metrics?name=postgresql.commits",
    "inventories": "/hosts/{nas}/inventories",
    "disks": "/hosts/{nas}/inventories/disks",
    "pools": "/hosts/{nas}/inventories/zfs_pools",
    "containers": "/hosts/{ci}/inventories/containers",
    "processes": "/hosts/{up}/inventories/processes",
    "system": "/hosts/{up}/system",
    "events": "/events",
    "add": "/machines/add",
    "keys": "/settings/keys",
    "people": "/settings/people",
    "audit": "/settings/audit",
    "account": "/account",
}
START_SECONDS = 120


def main() -> int:
    """Fill a demo, serve it, photograph it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "screenshots")
    parser.add_argument("--hosts", type=int, default=40)
    parser.add_argument("--only", nargs="*", choices=list(PAGES), default=list(PAGES), help="these pages alone")
    parser.add_argument("--whole", action="store_true", help="the whole length of each page")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{probe.getsockname()[1]}"
        argv = [sys.executable, "-m", "wakeful_collector", "demo", "--hosts", str(options.hosts), "--days", "3"]
        with log.open("wb") as output:
            argv += ["--data", f"{folder}/data", "--listen", address]
            process = subprocess.Popen(argv, stdout=output, stderr=output)
        try:
            take(options, f"http://{address}", wait_for_link(log, process))
        finally:
            process.terminate()
            process.wait(30)
    return 0


def wait_for_link(log: Path, process: subprocess.Popen[bytes]) -> str:
    """Return the one-time link once the collector has printed it."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = re.search(r"http://\S+/sign-in/link/\S+", log.read_text(errors="replace"))
        if found:
            return found.group(0)
        time.sleep(0.2)
    raise SystemExit(f"the demo did not start:\n{log.read_text(errors='replace')[-2000:]}")


def take(options: argparse.Namespace, url: str, link: str) -> None:
    """Photograph the pages that were asked for, signed in by `link`."""
    folder = options.folder
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context()
        page = context.new_page()
        page.goto(link)
        page.wait_for_selector("table.fleet")
        state = str(folder / "session.json")
        context.storage_state(path=state)
        listed = context.request.get(f"{url}/api/v1/hosts").json()["hosts"]
        ids = {host["name"].split("-")[0]: host["id"] for host in listed[::-1] if host["status"] == "up"}
        ids |= {host["status"]: host["id"] for host in reversed(listed)}
        asleep = [host["id"] for host in listed if host["name"].startswith("nas-") and host["status"] == "silent"]
        keepers = [watch["host"] for watch in context.request.get(f"{url}/api/v1/watches").json()["watches"]]
        ids |= {"sleeper": (asleep or [ids["up"]])[0], "keeper": (keepers or [ids["up"]])[0]}
        for theme in ("dark", "light"):
            for width in WIDTHS:
                photograph(browser, options, url, state, ids, theme, width)
        browser.close()
        Path(state).unlink()


def photograph(
    browser: Browser, options: argparse.Namespace, url: str, state: str, ids: dict[str, str], theme: str, width: int
) -> None:
    """Photograph every page in one theme and width; the sign-in page by somebody who is not signed in."""
    folder = options.folder
    size = {"width": width, "height": WIDTHS[width]}
    context = browser.new_context(storage_state=state, viewport=size, color_scheme=theme)  # type: ignore[arg-type]  # a plain dict is what it takes
    for name in options.only:
        page = context.new_page()
        page.goto(url + PAGES[name].format_map({"silent": ids["up"], **ids}))
        page.wait_for_timeout(1500)
        page.screenshot(path=folder / f"{name}-{theme}-{width}.png", full_page=options.whole)
        page.close()
    context.close()
    stranger = browser.new_context(viewport=size, color_scheme=theme)  # type: ignore[arg-type]  # as above
    page = stranger.new_page()
    page.goto(f"{url}/sign-in")
    page.screenshot(path=folder / f"sign-in-{theme}-{width}.png")
    stranger.close()
    print(f"{len(options.only) + 1} pages, {theme}, {width} px", flush=True)


if __name__ == "__main__":
    sys.exit(main())
