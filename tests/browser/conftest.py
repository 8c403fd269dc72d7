"""A real collector with a sample fleet, and a browser that may talk to nobody else."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect, sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "build/assets/axe.min.js"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
HOSTS, DAYS = 12, 1
START_SECONDS = 180

# What is expected of a page comes at once on a quiet machine; five seconds are not enough for a busy one.
expect.set_options(timeout=20_000)


@dataclass
class Collector:
    """A running collector: where it listens, its data folder, and its one-time link."""

    url: str
    data: Path
    link: str


@dataclass
class Seen:
    """What a page did: addresses asked for, problems of its console, reports of its content policy."""

    addresses: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """The demo: filled, served and driven by the program that people run."""
    subprocess.run([sys.executable, ROOT / "packaging/assets.py", "--dev"], check=True, timeout=300)
    folder = tmp_path_factory.mktemp("collector")
    data, log = folder / "data", folder / "log"
    port = free_port()
    with log.open("wb") as output:
        argv = [sys.executable, "-m", "wakeful_collector", "demo", "--hosts", str(HOSTS), "--days", str(DAYS)]
        argv += ["--data", str(data), "--listen", f"127.0.0.1:{port}"]
        process = subprocess.Popen(argv, stdout=output, stderr=subprocess.STDOUT, cwd=folder)
    try:
        link = wait_for(lambda: link_in(log, process), "the sign-in link")
        url = f"http://127.0.0.1:{port}"
        wait_for(lambda: is_ready(url), "the collector to answer")
        yield Collector(url, data, link)
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if not shutil.which(CHROMIUM):
        pytest.skip("no chromium here")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def signed_in(browser: Browser, collector: Collector, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The file of a session's cookies, made by the one-time link as a person would."""
    path = str(tmp_path_factory.mktemp("session") / "state.json")
    context = browser.new_context()
    page = context.new_page()
    page.goto(collector.link)
    page.wait_for_selector("table.fleet")
    page.goto(f"{collector.url}/settings/keys")
    page.get_by_label("Name").fill("grafana")
    page.get_by_role("button", name="Make the key").click()
    page.wait_for_selector(".copy-line")
    page.goto(f"{collector.url}/machines/add")
    page.get_by_role("button", name="Make an invite").click()
    page.wait_for_selector(".copy-line")
    context.storage_state(path=path)
    context.close()
    return path


@pytest.fixture
def open_page(browser: Browser, collector: Collector, signed_in: str) -> Iterator[Callable[..., Page]]:
    """Open a page: `open_page("/", width=390, theme="dark")`; nothing but our origin may be asked, nothing may fail."""
    contexts: list[BrowserContext] = []
    seen = Seen()

    def opened(path: str, width: int = 1440, theme: str = "light", **more: Any) -> Page:
        context = browser.new_context(
            storage_state=signed_in, viewport={"width": width, "height": 900}, color_scheme=theme, **more
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: seen.addresses.append(request.url))
        page.on("pageerror", lambda error: seen.problems.append(str(error)))
        page.on("console", lambda message: seen.problems.append(message.text) if message.type == "error" else None)
        page.goto(collector.url + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    foreign = [address for address in seen.addresses if not address.startswith((collector.url + "/", "data:", "blob:"))]
    assert foreign == []
    assert seen.problems == []


@pytest.fixture(scope="session")
def host_ids(collector: Collector, browser: Browser, signed_in: str) -> dict[str, str]:
    """The ids of the sample machines by status (`up`, `silent`, `new`) and, of those that are up, by role (`nas`)."""
    context = browser.new_context(storage_state=signed_in)
    answer = context.request.get(f"{collector.url}/api/v1/hosts")
    assert answer.ok, answer.text()
    listed = answer.json()["hosts"][::-1]
    found = {host["name"].split("-")[0]: host["id"] for host in listed if host["status"] == "up"}
    found |= {host["status"]: host["id"] for host in listed}
    asleep = [host["id"] for host in listed if host["name"].startswith("nas-") and host["status"] == "silent"]
    keeps = context.request.get(f"{collector.url}/api/v1/watches").json()["watches"]
    found |= {"keeper": keeps[0]["host"], "sleeper": asleep[0]}
    context.close()
    return found


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """What axe finds wrong with a page."""
    return violations


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong by WCAG 2.2 AA and its own best practices, one line a node."""
    page.evaluate(AXE.read_text())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    result = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", tags)
    assert result["passes"], "axe looked at nothing"
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]} {node['failureSummary'][:200]}"
        for rule in result["violations"]
        for node in rule["nodes"]
    ]


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def link_in(log: Path, process: subprocess.Popen[bytes]) -> str | None:
    """Return the sign-in link once the program has printed it."""
    text = log.read_text(errors="replace")
    assert process.poll() is None, text
    found = re.search(r"http://\S+/sign-in/link/\S+", text)
    return found.group(0) if found else None


def is_ready(url: str) -> bool:
    """Tell whether the collector answers."""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=10) as answer:
            return bool(json.load(answer))
    except OSError:
        return False


def wait_for(look: Callable[[], Any], what: str) -> Any:
    """Return what `look` finds, looking again for a while."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {START_SECONDS} s for {what}")
