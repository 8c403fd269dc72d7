"""The field reference of the docs (docs/proxmox/fields.md), made of the tables that declarations are read by. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.declare import fields, forms
from wakeful_collector.integrations.proxmox.declare.guest_documents import OWN, SOURCE
from wakeful_collector.integrations.proxmox.declare.other_documents import POLICY_FIELDS, POOL_FIELDS
from wakeful_collector.integrations.proxmox.declare.steps import LIVE
from wakeful_collector.integrations.proxmox.declare.wished import CONTAINER, POLICY, POOL, VM

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.declare.fields import Field
    from wakeful_collector.integrations.proxmox.declare.forms import Form


def markdown() -> str:
    """Return every field and every part of every kind as tables."""
    return "\n".join(
        [
            *_guest(VM),
            *_guest(CONTAINER),
            *_plain(POOL, POOL_FIELDS),
            *_plain(POLICY, POLICY_FIELDS),
            "### Parts",
            "",
            "A part that has a value in the last column means that value when it is not there.",
            "",
            *(line for form in _forms() for line in _parts(form)),
        ]
    )


def _guest(kind: str) -> list[str]:
    rows = [f"### {kind}", "", "| field | what it takes | a change takes | |", "|---|---|---|---|"]
    rows += [_own(name, one[0].words, one[2]) for name, one in OWN.items() if kind in one[1]]
    rows += [_row(one) for one in fields.FIELDS if kind in one.guests]
    rows += [_own(name, one[0].words, one[2]) for name, one in SOURCE.items() if kind in one[1]]
    return [*rows, ""]


def _own(name: str, takes: str, words: str) -> str:
    return f"| `{name}` | {_cell(takes)} | | {_cell(words)} |"


def _row(one: Field) -> str:
    name = f"`{one.name}0` to `{one.name}{one.count - 1}`" if one.count else f"`{one.name}`"
    takes = f"[{one.form.name}](#{_anchor(one.form)})" if one.form is not None else one.kind.words if one.kind else ""
    if one.fixed:
        effect = "a new guest"
    elif one.effect == LIVE:
        effect = "nothing"
    elif one.plugs == fields.NEW:
        effect = "a reboot; nothing when it is new"
    elif one.plugs:
        effect = f"a reboot, or nothing where `hotplug` has {one.plugs}"
    else:
        effect = "a reboot"
    default = f"; `{one.default}` when unset" if one.default and one.kind is not None else ""
    return f"| {name} | {_cell(takes)}{default} | {effect} | {_cell(one.words)} |"


def _plain(kind: str, known: dict[str, str]) -> list[str]:
    rows = [f"### {kind}", "", "| field | |", "|---|---|"]
    return [*rows, *(f"| `{name}` | {_cell(words)} |" for name, words in known.items()), ""]


def _forms() -> list[Form]:
    """Return every form that a field has, once."""
    found: list[Form] = []
    for one in fields.FIELDS:
        if one.form is not None and one.form not in found:
            found.append(one.form)
    return found


def _parts(form: forms.Form) -> list[str]:
    rows = [f"#### {form.name}", "", "| part | what it takes | |", "|---|---|---|"]
    for name, part in form.parts.items():
        default = f"`{part.default}`" if part.default is not None else "only when new" if part.new_only else ""
        rows.append(f"| `{name}` | {_cell(part.kind.words)} | {default} |")
    return [*rows, ""]


def _anchor(form: Form) -> str:
    return form.name.lower().replace(" ", "-")


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
