"""Takes pictures of the demo fleet: every page in both themes and widths, and the few that the README shows.

Run by `make screenshots`. The pages go into `screenshots/` (git-ignored), and somebody should look at them before a
release; the README's choice goes into `docs/pictures/`, small enough to be committed.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
WIDTHS = {1440: 1000, 390: 844}
PAGES = {
    "fleet": "/",
    "host": "/hosts/{up}?span=24h",
    "host-busy": "/hosts/{ci}?span=24h",
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
ANSWER_SECONDS = 120
PICTURES = ROOT / "docs/pictures"
COLOURS = 256
BYTES_MAX = 150_000


class Picture(NamedTuple):
    """One of the README's: a page of `PAGES` in a theme, width and height in CSS pixels, how many dots each has."""

    page: str
    theme: str
    width: int = 1280
    height: int = 800
    scale: int = 1


CHOICE = {
    "fleet": Picture("fleet", "dark"),
    "host": Picture("host-busy", "light"),
    "gateway": Picture("gateway-machine", "dark", height=980),
    "proxmox": Picture("cluster", "light"),
    "phone": Picture("watches", "dark", 390, 780, 2),
}


def main() -> int:
    """Fill a demo, serve it, photograph it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "screenshots")
    parser.add_argument("--hosts", type=int, default=40)
    parser.add_argument("--only", nargs="*", choices=list(PAGES), default=list(PAGES), help="these pages alone")
    parser.add_argument("--whole", action="store_true", help="the whole length of each page")
    parser.add_argument("--choice", action="store_true", help="nothing but the README's pictures")
    parser.add_argument("--pictures", type=Path, default=PICTURES, help="folder for the README's pictures")
    options = parser.parse_args()
    for folder in (options.folder, options.pictures):
        folder.mkdir(parents=True, exist_ok=True)
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
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        context = browser.new_context()
        page = context.new_page()
        page.goto(link)
        page.wait_for_selector("table.fleet")
        state = f"{folder}/session.json"
        context.storage_state(path=state)
        listed = context.request.get(f"{url}/api/v1/hosts").json()["hosts"]
        ids = {host["name"].split("-")[0]: host["id"] for host in listed[::-1] if host["status"] == "up"}
        ids |= {host["status"]: host["id"] for host in reversed(listed)}
        asleep = [host["id"] for host in listed if host["name"].startswith("nas-") and host["status"] == "silent"]
        keepers = [watch["host"] for watch in context.request.get(f"{url}/api/v1/watches").json()["watches"]]
        ids |= {"sleeper": (asleep or [ids["up"]])[0], "keeper": (keepers or [ids["up"]])[0]}
        ids.setdefault("silent", ids["up"])
        if not options.choice:
            for theme in ("dark", "light"):
                for width in WIDTHS:
                    photograph(browser, options, url, state, ids, theme, width)
        if options.choice or options.only == list(PAGES):
            choose(browser, options.pictures, url, state, ids)
        browser.close()


def photograph(
    browser: Browser, options: argparse.Namespace, url: str, state: str, ids: dict[str, str], theme: str, width: int
) -> None:
    """Photograph every page in one theme and width; the sign-in page by somebody who is not signed in."""
    folder = options.folder
    size = {"width": width, "height": WIDTHS[width]}
    context = browser.new_context(storage_state=state, viewport=size, color_scheme=theme)  # type: ignore[arg-type]  # a plain dict is what it takes
    for name in options.only:
        page = context.new_page()
        page.goto(url + PAGES[name].format_map(ids))
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


def choose(browser: Browser, folder: Path, url: str, state: str, ids: dict[str, str]) -> None:
    """Take the README's pictures, each as small as few colours make it; one that is too large is an error."""
    for name, picture in CHOICE.items():
        context = browser.new_context(
            storage_state=state,
            viewport={"width": picture.width, "height": picture.height},
            device_scale_factor=picture.scale,
            color_scheme=picture.theme,  # type: ignore[arg-type]  # a word of two, as its caller says
        )
        page = context.new_page()
        page.goto(url + PAGES[picture.page].format_map(ids))
        page.wait_for_timeout(3000)
        if picture.page == "gateway-machine":
            ask(page)
        data = small(page.screenshot())
        context.close()
        if len(data) > BYTES_MAX:
            raise SystemExit(f"{name}.png has {len(data)} bytes, more than {BYTES_MAX}: choose fewer colours")
        (folder / f"{name}.png").write_bytes(data)
        print(f"{folder / name}.png, {len(data) / 1000:.0f} kB", flush=True)


def ask(page: Page) -> None:
    """Ask the sleeping machine something, and wait until it is awake and has answered."""
    page.locator("#chat-text").fill("Hello! Were you asleep?")
    page.locator("#chat [data-send]").click()
    answered = page.locator(".bubble.assistant .figures-line").filter(has_text=re.compile(r"\d"))
    answered.wait_for(timeout=ANSWER_SECONDS * 1000)
    page.wait_for_timeout(1500)
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


def small(data: bytes) -> bytes:
    """Return a PNG in few colours, which are those that cover what there is best: small things keep theirs."""
    with Image.open(io.BytesIO(data)) as picture:
        packed = io.BytesIO()
        picture.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE).save(
            packed, "PNG", optimize=True
        )
    return packed.getvalue()


if __name__ == "__main__":
    sys.exit(main())
