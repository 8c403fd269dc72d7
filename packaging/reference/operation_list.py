"""The page of every operation, with its arguments, as the registry has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schema_words import words
from tables import code, codes, page, sentence, table

from wakeful_collector.operations.registry import DANGERS
from wakeful_collector.rooms import REGISTRY

if TYPE_CHECKING:
    from wakeful_collector.operations.registry import Operation

DANGER_MEANINGS = {"none": "changes nothing", "changes": "what can be changed back", "destroys": "what is gone is gone"}
_MORE = {
    "host": "[Operations](../operations.md) and [waking](../wake.md) explain them.",
    "watch": "[Watches](../watches.md) explains them.",
    "channel": "[Notifications](../notifications.md) explains them.",
    "gateway": "[The gateway](../gateway.md#operations) explains them; the settings of a machine are"
    " [a page of their own](gateway-settings.md).",
    "proxmox": "[Acting](../proxmox/acting.md) and [declaring](../proxmox/declaring.md) explain them; the"
    " settings of a cluster"
    " are [a page of their own](proxmox-settings.md).",
}
"""What is explained elsewhere, by the first word of the operations' names."""


def operations() -> str:
    """Return the page of all operations."""
    groups: dict[str, list[Operation]] = {}
    for one in REGISTRY:
        groups.setdefault(one.name.partition(".")[0], []).append(one)
    parts = []
    for group, members in groups.items():
        parts += [f"## {group}", _MORE.get(group, ""), *(_operation(one) for one in members)]
    rows = [
        (f"[{code(one.name)}](#{_anchor(one)})", one.title, one.scope, one.danger)
        for members in groups.values()
        for one in members
    ]
    return page(
        "Operations",
        "Everything that can be done, by whatever face: `wakeful run NAME key=value`, `POST"
        " /api/v1/operations/NAME`, or a button."
        " [Operations](../operations.md) says how they are asked for, waited for and audited.",
        "Danger: "
        + "; ".join(f"{code(danger)}: {DANGER_MEANINGS[danger]}" for danger in DANGERS)
        + ". What is not `none` leaves a"
        " row in the audit trail.",
        table(("operation", "does", "scope", "danger"), rows),
        *parts,
    )


def _operation(one: Operation) -> str:
    properties: dict[str, dict[str, Any]] = one.arguments.get("properties", {})
    required = one.arguments.get("required", ())
    rows = []
    for name, schema in properties.items():
        notes = sentence(str(schema.get("description", "")))
        secret = "Kept out of the audit trail." if name in one.secrets else ""
        inner = [secret_name.partition(".")[2] for secret_name in one.secrets if secret_name.startswith(f"{name}.")]
        secret += f"{codes(inner)} of it are kept out of the audit trail." if inner else ""
        rows.append((code(name), "yes" if name in required else "", words(schema), f"{notes} {secret}".strip()))
    asked = table(("argument", "required", "takes", "notes"), rows) or "No arguments."
    return f"### {one.name}\n\n{sentence(one.title)} Scope {code(one.scope)}, danger {code(one.danger)}.\n\n{asked}"


def _anchor(one: Operation) -> str:
    return one.name.replace(".", "").lower()
