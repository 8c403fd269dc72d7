"""Follows every link of a built site: inner ones lead to a page and an anchor, outer ones are well-formed.

Nothing is asked over the network. Whatever a page would load by itself (scripts, styles, fonts, pictures) must be of
the site: the docs are read without anybody hearing of it.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from pathlib import Path

LOADED = {
    "script": "src",
    "img": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "audio": "src",
    "video": "src",
}
"""What a browser fetches without being asked, by tag and attribute."""
NOT_FETCHED = {"canonical", "next", "prev", "edit"}
"""Kinds of <link> that only name something."""
_STYLE_URL = re.compile(r"""(?:url\(\s*|@import\s+)["']?([^"')\s;]+)""")
_HOST = re.compile(r"(?!-)[A-Za-z0-9.-]{1,253}(?<![-.])|\[[0-9a-fA-F:]+\]")


class Page(NamedTuple):
    """What a page refers to: links to follow, things to load, and the anchors that others may name."""

    links: list[str]
    loads: list[str]
    anchors: set[str]


class _Reader(HTMLParser):
    """Gathers a Page."""

    def __init__(self) -> None:
        super().__init__()
        self.page = Page([], [], set())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag's links and anchors."""
        given = {name: value or "" for name, value in attrs}
        self.page.anchors.update(given[name] for name in ("id", "name") if given.get(name))
        if tag == "a" and given.get("href"):
            self.page.links.append(given["href"])
        fetched = not NOT_FETCHED & set(given.get("rel", "").split())
        if LOADED.get(tag) in given and fetched:
            self.page.loads.append(given[LOADED[tag]])


def read(text: str) -> Page:
    """Return what the HTML of a page refers to."""
    reader = _Reader()
    reader.feed(text)
    return reader.page


def problems(site: Path) -> list[str]:
    """Return every link of a built site that leads nowhere, and everything that a page would load from elsewhere."""
    pages = {file: read(file.read_text(encoding="utf-8")) for file in sorted(site.rglob("*.html"))}
    if not pages:
        return [f"{site} holds no page"]
    found = []
    for file, page in pages.items():
        # The page for what is not there is shown at any address, so its links begin at the root.
        if file.name == "404.html":
            continue
        where = file.relative_to(site)
        found += [f"{where}: loads {url} from elsewhere" for url in page.loads if _is_outer(url)]
        for url in (*page.links, *(url for url in page.loads if not _is_outer(url))):
            wrong = _outer(url) if _is_outer(url) else _inner(url, file, site, pages)
            found += [f"{where}: {url} {wrong}"] if wrong else []
    for style in sorted(site.rglob("*.css")):
        named = _STYLE_URL.findall(style.read_text(encoding="utf-8"))
        found += [
            f"{style.relative_to(site)}: loads {url} from elsewhere" for url in named if url.startswith(("http", "//"))
        ]
    return list(dict.fromkeys(found))


def _is_outer(url: str) -> bool:
    return url.startswith("//") or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", url) is not None


def _outer(url: str) -> str:
    """Return what is wrong with a link to elsewhere, as far as it can be told without asking."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return f"is no address: {error}"
    if parts.scheme == "mailto":
        return "" if "@" in parts.path else "is no address of a person"
    if parts.scheme not in {"http", "https"}:
        return f"has the scheme {parts.scheme!r}"
    return "" if _HOST.fullmatch(parts.hostname or "") else "names no host"


def _inner(url: str, file: Path, site: Path, pages: dict[Path, Page]) -> str:
    """Return what is wrong with a link within the site."""
    parts = urlsplit(url)
    there = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if there.is_dir():
        there /= "index.html"
    if not there.is_relative_to(site.resolve()) or not there.is_file():
        return "leads nowhere"
    if parts.fragment and there in pages and unquote(parts.fragment) not in pages[there].anchors:
        return f"names an anchor that {there.relative_to(site)} does not have"
    return ""
