"""Writes the reference, docs/reference and what else of docs/ is made from the code; run by `make reference`.

With `--check` nothing is written: it says which pages are stale, and ends with 1 when one is.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import agent_file
import command_lines
import decision_list
import event_list
import meter_list
import operation_list
import rest_routes
import scraped
import settings_tables
from tables import page

from wakeful_collector.integrations.proxmox.declare import reference as declarations

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[2]
PAGES: tuple[tuple[str, str, Callable[[], str]], ...] = (
    ("agent-settings", "settings of `agent.toml`", agent_file.settings),
    ("meters", "every meter: rhythm, what makes it run, options, metrics", meter_list.measured),
    ("metrics", "every metric: kind, unit, labels, name for Prometheus", meter_list.metrics),
    ("scraped", "what the collector's own /metrics says", scraped.families),
    ("watches", "kinds of watches and their options", agent_file.kept_alive),
    ("actions", "what an agent can be asked for", agent_file.asked),
    ("collector-settings", "settings of `collector.toml`", settings_tables.collector),
    ("gateway-settings", "settings of a machine of the Ollama gateway", settings_tables.gateway),
    ("proxmox-settings", "settings of a Proxmox cluster, and the privileges it takes", settings_tables.proxmox),
    ("operations", "everything that can be done, with its arguments", operation_list.operations),
    ("events", "every kind of event: when it is told, and its data", event_list.events),
    ("routes", "every route of the REST API", rest_routes.rest),
    ("wakeful", "commands of the operator's program", command_lines.operator),
    ("wakeful-agent", "commands of the agent", command_lines.agent),
    ("wakeful-collector", "commands of the collector's machine", command_lines.collector),
)
"""The pages of the reference in their order: the file's name, what is in it, and what makes it."""

FIELDS = "proxmox/fields.md"
"""The fields of declarations: what stands above the head "Reference" is written by hand."""


def index() -> str:
    """Return the page that lists the reference."""
    lines = [
        f"- [{make().partition(chr(10))[0].removeprefix('# ')}]({name}.md): {about}" for name, about, make in PAGES
    ]
    return page(
        "Reference",
        "Made from the code, so that it says what is so. The pages that explain stand beside it: they say why and how.",
        "\n".join(lines),
        "Written by hand, and held to the code by tests: [the wire](../wire.md), [how operations are asked"
        " for](../operations.md), [habits of the API](../api.md), [events explained](../events.md). Also made"
        " from the code:"
        " [fields of declarations](../proxmox/fields.md).",
    )


def made() -> dict[str, str]:
    """Return every page that is made from the code, by its path below docs/."""
    pages = {f"reference/{name}.md": make() for name, _, make in PAGES}
    pages["reference/index.md"] = index()
    pages["decisions.md"] = decision_list.decisions(ROOT / "docs" / "decisions")
    above, mark, _ = (ROOT / "docs" / FIELDS).read_text(encoding="utf-8").partition("\n## Reference\n\n")
    pages[FIELDS] = f"{above}{mark}{declarations.markdown()}\n"
    return pages


def main() -> int:
    """Write the pages, or say which are stale; return 1 when `--check` finds one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="the folder of the docs")
    parser.add_argument("--check", action="store_true", help="write nothing, say what is stale")
    given = parser.parse_args()
    pages = made()
    there = {file: file.read_text(encoding="utf-8") for file in sorted((given.docs / "reference").glob("*.md"))}
    stale = [path for path, text in pages.items() if _read(given.docs / path) != text]
    left = [file for file in there if f"reference/{file.name}" not in pages]
    for path in stale:
        print(f"wakeful: docs/{path} {'is stale: make reference' if given.check else 'is written'}")
        if not given.check:
            (given.docs / path).parent.mkdir(parents=True, exist_ok=True)
            (given.docs / path).write_text(pages[path], encoding="utf-8")
    for file in left:
        print(f"wakeful: docs/reference/{file.name} is made by nothing: remove it")
    return 1 if left or (given.check and stale) else 0


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
