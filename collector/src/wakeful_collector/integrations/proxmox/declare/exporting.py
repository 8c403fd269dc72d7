"""Writes an estate as declarations: one file a guest, one for all pools; planning them changes nothing. Pure.

What is not offered, and values that this version does not understand, stand there as comments: nothing is left out
silently. Secrets, and what Proxmox itself owns, are not exported.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import yaml

from wakeful_collector.integrations.proxmox.declare import properties
from wakeful_collector.integrations.proxmox.declare.documents import File
from wakeful_collector.integrations.proxmox.declare.fields import SERVER_OWNED, field_of
from wakeful_collector.integrations.proxmox.declare.guest_documents import known
from wakeful_collector.integrations.proxmox.declare.quantities import Unfit
from wakeful_collector.integrations.proxmox.declare.wished import CONTAINER, POOL, RUNNING, STOPPED, VERSION, VM
from wakeful_collector.model.estate import QEMU, SEEN, UNKNOWN
from wakeful_collector.model.story import plain

if TYPE_CHECKING:
    from collections.abc import Collection

    from wakeful_collector.integrations.proxmox.declare.fields import Field
    from wakeful_collector.integrations.proxmox.declare.forms import Form
    from wakeful_collector.integrations.proxmox.declare.value_kinds import ValueKind
    from wakeful_collector.model.estate import Estate, Guest

    _Quick = yaml.SafeDumper
else:
    _Quick = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_UNUSED = re.compile(r"unused\d+")
_NOT_KEPT = frozenset({"storage"})
"""Parts that say the same as the volume beside them."""
_SECRET = frozenset({"cipassword"})


def files(estate: Estate, vmids: Collection[int] = ()) -> list[File]:
    """Return the guests (all, or those of some numbers) and, of a whole estate, its pools as files."""
    wanted = [one for one in estate.guests if not vmids or one.vmid in vmids]
    found = [
        File(f"{estate.cluster}/{'vm' if one.kind == QEMU else 'ct'}-{one.vmid}.yaml", guest(one))
        for one in sorted(wanted, key=lambda one: one.vmid)
    ]
    if estate.pools and not vmids:
        found.append(File(f"{estate.cluster}/pools.yaml", pools(estate)))
    return found


def guest(one: Guest) -> str:
    """Return one guest as a declaration of everything that is set of it."""
    kind = VM if one.kind == QEMU else CONTAINER
    if one.config_state != SEEN:
        told = plain(one.config_reason or one.config_state)
        return f"# {one.id} of {one.cluster} is not exported: its configuration is not known ({told})\n"
    spec: dict[str, Any] = {"node": one.node} if one.node else {}
    if one.template:
        spec["template"] = True
    elif one.status != UNKNOWN:
        spec["state"] = STOPPED if one.status == "stopped" else RUNNING
    comments = []
    order = {name: at for at, name in enumerate(known(kind))}
    config = one.wanted
    for key in sorted(config, key=lambda key: (_rank(order, key), len(key), key)):
        if key in SERVER_OWNED | _SECRET or key == "template" or _UNUSED.fullmatch(key):
            continue
        field = field_of(kind, key)
        value, told = (None, "not offered here") if field is None else _value(field, config[key])
        if told:
            comments.append(f"# {key} is left out, {told}: {plain(config[key], 200)}\n")
        else:
            spec[key] = value
    document = {
        "apiVersion": VERSION,
        "kind": kind,
        "metadata": {"cluster": one.cluster, "vmid": one.vmid},
        "spec": spec,
    }
    return _written(document) + "".join(comments)


def pools(estate: Estate) -> str:
    """Return all pools as declarations."""
    documents = []
    for one in sorted(estate.pools, key=lambda one: one.id):
        members = sorted(guest.vmid for guest in estate.guests if guest.pool == one.id)
        storages = sorted(name for name in one.config.get("storages", "").split(";") if name)
        spec: dict[str, Any] = {"comment": plain(one.config.get("comment", ""), 255)}
        spec |= {"members": members, "storages": storages}
        metadata = {"cluster": estate.cluster, "name": one.id}
        documents.append(_written({"apiVersion": VERSION, "kind": POOL, "metadata": metadata, "spec": spec}))
    return "---\n".join(documents)


def _rank(order: dict[str, int], key: str) -> int:
    return order.get(key, order.get(f"{key.rstrip('0123456789')}[n]", len(order)))


def _value(field: Field, raw: str) -> tuple[Any, str]:
    """Return a setting as a file has it, or why it cannot stand in one."""
    if field.form is not None:
        return _parts(field.form, raw)
    return (None, "not a plain value") if field.kind is None else _plain(field.kind, raw)


def _parts(form: Form, raw: str) -> tuple[Any, str]:
    have = properties.normal(properties.parse(raw, form), form)
    if form.is_volume:
        have = _named_volume(have)
    found = {}
    strange = [name for name in have if name not in form.parts]
    if strange:
        return None, f"as nobody here knows {plain(strange[0], 40)}"
    for name, part in form.parts.items():
        if part.new_only or name not in have:
            continue
        value, told = _plain(part.kind, have[name])
        if told:
            return None, f"{told} ({plain(name, 40)})"
        found[name] = value
    return (found, "") if found else (None, "it is empty")


def _named_volume(have: dict[str, str]) -> dict[str, str]:
    """Return what a file says of a volume: of a disk where it is and how large, of all else the volume itself."""
    volume = have.get("volume", "")
    is_disk = bool(have.get("storage")) and bool(have.get("size")) and not properties.is_cdrom(have)
    if is_disk and not volume.endswith(f":{properties.CLOUDINIT}"):
        return {name: text for name, text in have.items() if name != "volume"}
    return {name: text for name, text in have.items() if name not in _NOT_KEPT | {"size"}}


def _plain(kind: ValueKind, raw: str) -> tuple[Any, str]:
    normal = kind.normal(raw)
    shown = (
        unquote(normal)
        if kind.shape == "keys"
        else f"{normal}M"
        if kind.shape == "memory" and normal != "0"
        else normal
    )
    try:
        read = kind.read(shown)
    except Unfit as error:
        return None, f"as it does not fit: {error}"
    if read != normal:
        return None, "as it would be read as something else"
    if kind.shape == "flag":
        return normal == "1", ""
    if kind.shape == "whole":
        return (int(normal) if normal.lstrip("-").isdigit() else float(normal)), ""
    if kind.shape == "list":
        return [one for one in re.split(r"[;,\s]+", normal) if one], ""
    if kind.shape == "memory":
        return _memory(int(normal)), ""
    return shown, ""


def _memory(mebibytes: int) -> Any:
    if mebibytes == 0:
        return 0
    return f"{mebibytes // 1024}G" if mebibytes % 1024 == 0 else f"{mebibytes}M"


class _Dumper(_Quick):
    """Writes texts that could be taken for something else in quotes, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - what a dumper is asked
        """Write everything where it stands."""
        return True


def _text(dumper: yaml.SafeDumper, data: str) -> yaml.ScalarNode:
    style = "|" if "\n" in data else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", data, style)


_Dumper.add_representer(str, _text)


def _written(document: dict[str, Any]) -> str:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, default_flow_style=False, allow_unicode=True, width=110)
