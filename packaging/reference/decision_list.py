"""The page that lists the decision records, by their titles."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tables import page

if TYPE_CHECKING:
    from pathlib import Path


def decisions(folder: Path) -> str:
    """Return the page of all records in a folder, by number. Raises ValueError for one without a title."""
    lines = []
    for record in sorted(folder.glob("[0-9]*.md")):
        found = re.match(r"# (?:(\d{3})[: ]+)?(.+)", record.read_text(encoding="ascii"))
        if found is None:
            raise ValueError(f"{record.name} does not begin with its title")
        lines.append(f"- [{record.name[:3]}: {found[2].strip()}](decisions/{record.name})")
    return page(
        "Decisions",
        "What was chosen, what that rules out, and why; one record each. [Architecture](architecture.md) shows"
        " what came of them.",
        "\n".join(lines),
    )
