"""What the site of the docs has beside docs/: the repository's own pages, and links that fit wherever they are read.

mkdocs calls these functions while it builds (`hooks` of mkdocs.yml).
"""

from __future__ import annotations

import logging
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
OF_THE_ROOT = {"README.md": "readme.md", "CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
"""Pages that stand beside docs/, where people look for them, and what they are called on the site."""
_LOG = logging.getLogger("mkdocs.hooks.wakeful")
"""What is warned of here counts for `--strict`."""
_INNER = re.compile(r"^( *)(```|[-*] |\d+\. )")
_ROW = re.compile(r"^\|.*\|[ ]*$", re.MULTILINE)
_CODE = re.compile(r"`[^`\n]+`")
_LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#|/)([^)#\s]+)(#[^)\s]*)?(?=\))")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the root, and the product's own icon."""
    for name, called in OF_THE_ROOT.items():
        files.append(File.generated(config, called, content=(ROOT / name).read_text(encoding="utf-8")))
    icon = ROOT / "collector" / "src" / "wakeful_collector" / "web" / "static" / "icon.svg"
    files.append(File.generated(config, "assets/icon.svg", abs_src_path=str(icon)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Return a page with its links as the site has them."""
    called = page.file.src_uri
    for problem in misread(markdown):
        _LOG.warning("Doc file '%s', %s", called, problem)
    names = {site: name for name, site in OF_THE_ROOT.items()}
    return unescaped(moved(markdown, names.get(called) or f"docs/{called}", called))


def moved(markdown: str, stands: str, called: str) -> str:
    """Return the text of a page that stands at `stands` in the repository and at `called` on the site."""

    def link(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(stands), found[1]))
        there = OF_THE_ROOT.get(target) or target.removeprefix("docs/")
        if there == "decisions":
            there = "decisions.md"
        return posixpath.relpath(there, posixpath.dirname(called) or ".") + (found[2] or "")

    return _LINK.sub(link, markdown)


def unescaped(markdown: str) -> str:
    """Return text without the backslashes before bars in code of tables, which only repositories need."""
    return _ROW.sub(lambda row: _CODE.sub(lambda span: span[0].replace("\\|", "|"), row[0]), markdown)


def misread(markdown: str) -> list[str]:
    """Return what of a page the site would show as something else: code and lists within lists that stand too far left.

    Repositories take any indentation that fits the item above; the site's Markdown takes steps of four alone.
    """
    found = []
    in_code = False
    for number, line in enumerate(markdown.splitlines(), 1):
        begins = _INNER.match(line)
        fence = begins is not None and begins[2] == "```"
        if begins is not None and len(begins[1]) % 4 and (fence or not in_code):
            found.append(f"line {number}: is indented by {len(begins[1])}, and is read only by a multiple of 4")
        in_code ^= fence
    return found
