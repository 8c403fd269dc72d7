"""Reads what a VirtualMachine or Container is to be. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.declare import fields, forms, properties, quantities
from wakeful_collector.integrations.proxmox.declare import value_kinds as kinds
from wakeful_collector.integrations.proxmox.declare.quantities import Unfit
from wakeful_collector.integrations.proxmox.declare.wished import (
    ABSENT,
    CONTAINER,
    RUNNING,
    STOPPED,
    VM,
    GuestWish,
    Place,
)
from wakeful_collector.integrations.proxmox.declare.yaml_nodes import Entry, Listing, Mapping, Scalar

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.declare.faults import Faults
    from wakeful_collector.integrations.proxmox.declare.fields import Field
    from wakeful_collector.integrations.proxmox.declare.value_kinds import ValueKind
    from wakeful_collector.integrations.proxmox.declare.wished import Value
    from wakeful_collector.integrations.proxmox.declare.yaml_nodes import Node

STATES = (RUNNING, STOPPED, ABSENT)
_NODE_NAME = kinds.text(r"[A-Za-z0-9][A-Za-z0-9-]{0,62}", "the name of a node")
_VMID = kinds.whole(100, 999_999_999)
_STORAGE = kinds.text(forms.STORAGE, "the name of a storage")
OWN: dict[str, tuple[ValueKind, tuple[str, ...], str]] = {
    "state": (kinds.choice(*STATES), fields.BOTH, "whether it runs; `absent` removes it with its disks"),
    "node": (_NODE_NAME, fields.BOTH, "the node it is on; it migrates when that is another"),
    "template": (kinds.FLAG, fields.BOTH, "it is a template; there is no way back"),
}
SOURCE: dict[str, tuple[ValueKind, tuple[str, ...], str]] = {
    "clone": (_VMID, fields.BOTH, "the guest a new one is cloned from"),
    "clone-full": (kinds.FLAG, fields.BOTH, "clone its disks whole, not linked"),
    "clone-storage": (_STORAGE, fields.BOTH, "where the cloned disks lie"),
    "ostemplate": (
        kinds.text(r"[A-Za-z][A-Za-z0-9_.-]*:vztmpl/[^,\s]+", "a template as local:vztmpl/NAME"),
        (CONTAINER,),
        "the template a new one is made from",
    ),
    "ssh-public-keys": (kinds.SSH_KEYS, (CONTAINER,), "the keys of root in a new one, one a line"),
}


def read(kind: str, metadata: Mapping, spec: Mapping, cluster: str, place: Place, faults: Faults) -> GuestWish | None:
    """Return the wish, or None when something was wrong; what was is among the faults."""
    before = len(faults.found)
    vmid = faults.value(metadata.get("vmid"), _VMID, metadata.line, "metadata.vmid")
    values: dict[str, Value] = {}
    own: dict[str, str] = {}
    source: dict[str, str] = {}
    for entry in spec.entries:
        path = f"spec.{entry.name}"
        if entry.name in OWN:
            _keep(own, entry, OWN[entry.name][0], path, faults)
        elif entry.name in SOURCE and kind in SOURCE[entry.name][1]:
            _keep(source, entry, SOURCE[entry.name][0], path, faults)
        elif (field := fields.field_of(kind, entry.name)) is not None:
            _read_field(values, field, entry, path, faults)
        else:
            _unknown(kind, entry, path, faults)
    if len(faults.found) > before or vmid is None:
        return None
    return GuestWish(
        cluster=cluster,
        kind=kind,
        vmid=int(vmid),
        values=values,
        state=own.get("state", ""),
        node=own.get("node", ""),
        template=own["template"] == kinds.TRUE if "template" in own else None,
        source=source,
        place=place,
        lines={one.name: one.line for one in spec.entries},
    )


def known(kind: str) -> list[str]:
    """Return every name that may stand in the spec of a kind."""
    return [*OWN, *(name for name, one in SOURCE.items() if kind in one[1]), *fields.names_of(kind)]


def _unknown(kind: str, entry: Entry, path: str, faults: Faults) -> None:
    other = CONTAINER if kind == VM else VM
    base = entry.name.rstrip("0123456789")
    if entry.name in fields.NOT_OFFERED or base in fields.NOT_OFFERED:
        told = fields.NOT_OFFERED.get(entry.name) or fields.NOT_OFFERED[base]
        faults.add(entry.line, path, f"{entry.name} is not declared", told)
    elif entry.name in fields.SERVER_OWNED:
        faults.add(entry.line, path, f"{entry.name} is Proxmox's own", "leave it away")
    elif fields.field_of(other, entry.name) is not None:
        faults.add(entry.line, path, f"a {kind} has no {entry.name}; a {other} has")
    else:
        numbered = next((one for one in fields.FIELDS if one.count and one.name == base and kind in one.guests), None)
        if numbered is not None:
            hint = f"give {base}0 to {base}{numbered.count - 1}"
            faults.add(entry.line, path, f"{entry.name[:40]} is not known", hint)
        else:
            faults.unknown(entry.line, path, entry.name, known(kind))


def _keep(into: dict[str, str], entry: Entry, kind: ValueKind, path: str, faults: Faults) -> None:
    found = faults.value(entry.value, kind, entry.line, path)
    if found is not None:
        into[entry.name] = found


def _read_field(into: dict[str, Value], field: Field, entry: Entry, path: str, faults: Faults) -> None:
    node = entry.value
    if isinstance(node, Scalar) and node.is_null:
        if field.is_needed:
            faults.add(entry.line, path, "it cannot be taken away", "leave the field away")
        into[entry.name] = None
    elif field.form is not None:
        parts = _parts(field.form, node, path, faults)
        _check_parts(field, parts, entry, path, faults)
        into[entry.name] = parts
    elif field.kind is not None:
        value = _value(field.kind, node, path, faults)
        if value is not None:
            into[entry.name] = value


def _value(kind: ValueKind, node: Node, path: str, faults: Faults) -> str | None:
    """Return one value in its normal form; a list where the kind is one."""
    if isinstance(node, Scalar):
        text: str | None = node.text
    elif isinstance(node, Listing) and kind.shape in {"list", "keys"}:
        given = faults.texts(node, path)
        if kind.shape == "list" and any(set(";, \t\n") & set(one) for one in given):
            faults.add(node.line, path, "an item holds a separator", "give one an item")
            return None
        text = "\n".join(given)
    else:
        text = faults.scalar(node, node.line, path)
    if text is None:
        return None
    try:
        return kind.read(text)
    except Unfit as error:
        faults.unfit(node.line, path, error)
        return None


def _parts(form: forms.Form, node: Node, path: str, faults: Faults) -> dict[str, str | None]:
    """Return the named parts of a property string, given as a mapping or as Proxmox writes it."""
    if isinstance(node, Listing):
        faults.add(node.line, path, "is a list", "give a mapping, or a text as Proxmox writes it")
        return {}
    if isinstance(node, Scalar):
        pieces = properties.parse(node.text, form)
        if form.is_volume:
            pieces = _new_volume(pieces)
        entries = [Entry(name, Scalar(value, False, node.line), node.line) for name, value in pieces.items()]
    else:
        entries = list(node.entries)
    found: dict[str, str | None] = {}
    for one in entries:
        name, where = form.same.get(one.name, one.name), f"{path}.{one.name}"
        if name not in form.parts:
            faults.unknown(one.line, where, one.name, form.parts)
        elif isinstance(one.value, Scalar) and one.value.is_null:
            found[name] = None
        else:
            value = _value(form.parts[name].kind, one.value, where, faults)
            if value is not None:
                found[name] = value
    return found


def _new_volume(pieces: dict[str, str]) -> dict[str, str]:
    """Return parts with `local-lvm:32`, which is a new volume of so many GiB, taken apart."""
    storage, colon, size = pieces.get("volume", "").partition(":")
    if not colon or not size.replace(".", "", 1).isdigit():
        return pieces
    rest = {name: value for name, value in pieces.items() if name != "volume"}
    return {"storage": storage, "size": f"{size}G", **rest}


def _check_parts(field: Field, parts: dict[str, str | None], entry: Entry, path: str, faults: Faults) -> None:
    """Note parts that say two different things, or nothing."""
    if not parts:
        faults.add(entry.line, path, "names nothing", "name a part, or null to take it away")
    volume, storage = parts.get("volume"), parts.get("storage")
    if volume and storage and volume.partition(":")[0] != storage:
        faults.add(entry.line, path, f"{volume} is not on {storage}", "give the storage or the volume, not both")
    if parts.get("media") == "cdrom" and parts.get("size"):
        faults.add(entry.line, f"{path}.size", "a drive has no size", "leave it away")
    size = parts.get("size")
    if size and field.form in {forms.DISK, forms.ROOTFS, forms.MOUNT}:
        found = quantities.from_proxmox(size)
        if found is not None and found < quantities.MIB:
            faults.add(entry.line, f"{path}.size", f"{size} is hardly a disk", "check the unit")
