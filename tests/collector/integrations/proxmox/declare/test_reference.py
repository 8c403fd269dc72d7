"""The field reference of the docs is what the tables say."""

from __future__ import annotations

import re
from pathlib import Path

from wakeful_collector.integrations.proxmox.declare import fields, reference
from wakeful_collector.integrations.proxmox.declare.wished import KINDS

PAGE = Path(__file__).parents[5] / "docs" / "proxmox" / "fields.md"


def test_the_page_is_what_the_tables_say() -> None:
    text = PAGE.read_text("ascii")
    assert text.partition("\n## Reference\n\n")[2] == reference.markdown() + "\n"


def test_every_field_and_part_has_its_row() -> None:
    text = reference.markdown()
    assert all(f"### {kind}\n" in text for kind in KINDS)
    assert not [one.name for one in fields.FIELDS if f"| `{one.name}{0 if one.count else ''}`" not in text]
    parts = [name for one in fields.FIELDS if one.form for name in one.form.parts]
    assert not [name for name in parts if f"| `{name}` |" not in text]


def test_every_anchor_is_there() -> None:
    text = reference.markdown()
    heads = {one.lower().replace(" ", "-") for one in re.findall(r"^#### (.*)$", text, re.MULTILINE)}
    assert set(re.findall(r"\(#([a-z0-9-]+)\)", text)) == heads
