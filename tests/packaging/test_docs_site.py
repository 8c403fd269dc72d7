"""The site of the docs: it builds without a warning, its links lead somewhere, and it asks nobody for anything."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "packaging" / "docs"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


links = module("links")
hook = module("hook")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    argv = [sys.executable, str(DOCS / "build.py"), "--site", str(folder)]
    built = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return folder


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Where that site is served."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_it_holds_the_docs_and_the_pages_beside_them(site: Path) -> None:
    for page in ("index", "first-steps", "reference/metrics", "decisions/001-two-distributions-one-repository"):
        assert (site / f"{page}.html").is_file(), page
    for page, words in (("contributing", "Adding one thing"), ("changelog", "0.1.0"), ("readme", "make run")):
        assert words in (site / f"{page}.html").read_text("utf-8")


@pytest.mark.browser
@pytest.mark.parametrize("way", ["from a server", "from files"])
def test_it_is_searched_without_asking_anybody(site: Path, address: str, way: str) -> None:
    sync_api = pytest.importorskip("playwright.sync_api")
    start = address if way == "from a server" else site.as_uri()
    asked: list[str] = []
    trouble: list[str] = []
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.goto(f"{start}/index.html")
        page.click(".md-search__input")
        page.keyboard.type("magic packet", delay=20)
        page.wait_for_selector(".md-search-result__item a", timeout=60_000)
        found = page.locator(".md-search-result__item a").first.get_attribute("href")
        browser.close()
    assert found is not None
    assert "wak" in found
    assert not trouble
    assert [url for url in asked if not url.startswith((start, "data:"))] == []


def page(folder: Path, name: str, body: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"<html><head></head><body>{body}</body></html>")


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ('<a href="two.html">x</a>', "leads nowhere"),
        ('<a href="one.html#there">x</a>', "names an anchor"),
        ('<a href="#here">x</a>', "names an anchor"),
        ('<a href="../outside.html">x</a>', "leads nowhere"),
        ('<a href="https://">x</a>', "names no host"),
        ('<a href="http://a b/">x</a>', "names no host"),
        ('<a href="https://example.org:http/">x</a>', "is no address"),
        ('<a href="http://[::1/">x</a>', "is no address"),
        ('<a href="javascript:alert(1)">x</a>', "has the scheme 'javascript'"),
        ('<script src="https://cdn.example.org/x.js"></script>', "from elsewhere"),
        ('<link rel="stylesheet" href="//fonts.example.org/x.css">', "from elsewhere"),
        ('<img src="picture.png">', "leads nowhere"),
    ],
)
def test_what_is_wrong_with_a_link_is_told(tmp_path: Path, body: str, wrong: str) -> None:
    page(tmp_path, "one.html", '<h1 id="top">one</h1><a href="#top">up</a><a href="https://example.org/x?y#z">out</a>')
    assert links.problems(tmp_path) == []
    page(tmp_path, "below/three.html", '<a href="../one.html#top">one</a>')
    assert links.problems(tmp_path) == []
    page(tmp_path, "four.html", body)
    found = links.problems(tmp_path)
    assert len(found) == 1
    assert found[0].startswith("four.html: ")
    assert wrong in found[0]


def test_a_style_that_loads_from_elsewhere_is_told(tmp_path: Path) -> None:
    page(tmp_path, "one.html", "")
    (tmp_path / "site.css").write_text('@import "https://fonts.example.org/x.css"; a { background: url(x.png) }')
    assert links.problems(tmp_path) == ["site.css: loads https://fonts.example.org/x.css from elsewhere"]


def test_a_site_without_pages_is_no_site(tmp_path: Path) -> None:
    assert links.problems(tmp_path) == [f"{tmp_path} holds no page"]


@pytest.mark.parametrize(
    ("stands", "called", "link", "there"),
    [
        ("docs/first-steps.md", "first-steps.md", "../README.md", "readme.md"),
        ("docs/gateway/api.md", "gateway/api.md", "../../CONTRIBUTING.md#rules", "../contributing.md#rules"),
        ("docs/gateway/api.md", "gateway/api.md", "../wake.md#who", "../wake.md#who"),
        ("README.md", "readme.md", "docs/api.md", "api.md"),
        ("CONTRIBUTING.md", "contributing.md", "docs/decisions", "decisions.md"),
        ("README.md", "readme.md", "https://example.org/docs/x.md", "https://example.org/docs/x.md"),
        ("docs/api.md", "api.md", "#routes", "#routes"),
    ],
)
def test_links_fit_where_the_page_is_read(stands: str, called: str, link: str, there: str) -> None:
    assert hook.moved(f"see [it]({link}).", stands, called) == f"see [it]({there})."


def test_bars_in_code_of_tables_lose_their_backslash_on_the_site() -> None:
    assert hook.unescaped("| `a\\|b` | c \\| d |\nand `e\\|f`") == "| `a|b` | c \\| d |\nand `e\\|f`"


@pytest.mark.parametrize(
    ("markdown", "lines"),
    [
        ("- a\n    - b\n\n        ```\n        c\n        ```\n", []),
        ("1. a\n\n   ```\n   b\n   ```\n", [3, 5]),
        ("- a\n  - b\n", [2]),
        ("```\n  - no list, but code\n```\n", []),
        ("- a sentence\n  that goes on\n", []),
    ],
)
def test_what_the_site_would_show_as_something_else_is_told(markdown: str, lines: list[int]) -> None:
    assert [int(one.split()[1].rstrip(":")) for one in hook.misread(markdown)] == lines
