"""Where a guest is not as it is declared to be: field by field, only what was named. Pure.

What Proxmox makes of a value is undone first: both sides are compared in their normal form, part by part. What is
written back keeps every part that nobody named: a network card keeps its hardware address.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.declare import forms, properties, quantities
from wakeful_collector.integrations.proxmox.declare.fields import NEW, field_of
from wakeful_collector.integrations.proxmox.declare.steps import DESTROYS, LIVE, REBOOT
from wakeful_collector.integrations.proxmox.declare.value_kinds import TRUE, ValueKind
from wakeful_collector.integrations.proxmox.declare.wished import VM

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wakeful_collector.integrations.proxmox.declare.fields import Field
    from wakeful_collector.integrations.proxmox.declare.forms import Form
    from wakeful_collector.integrations.proxmox.declare.wished import GuestWish, Value
    from wakeful_collector.model.estate import Guest

HOTPLUG_DEFAULT = frozenset({"network", "disk", "usb"})
_APART = frozenset({"size", "storage"})
"""Parts of a volume that no write of its configuration changes: it is made larger, or moved."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one field needs: `text` is what is written, None deletes the key.

    `old` and `new` name what differs, a part as `net0.tag`. `grow` and `move` are the size and the storage that a
    volume is to have, empty where it has them. `restarts` is set where what destroys takes a restart too. `refusal`
    says why it cannot be.
    """

    key: str
    old: Mapping[str, str | None]
    new: Mapping[str, str | None]
    text: str | None = None
    writes: bool = False
    effect: str = LIVE
    grow: str = ""
    move: str = ""
    restarts: bool = False
    refusal: str = ""
    hint: str = ""


def of(wish: GuestWish, guest: Guest, running: bool) -> list[Difference]:
    """Return what differs of an existing guest, in the order of the declaration."""
    config = guest.wanted
    plugged = _plugged(wish.kind, config) if running else frozenset()
    found = []
    for key, value in wish.values.items():
        field = field_of(wish.kind, key)
        if field is None:
            continue
        one = _one(key, field, value, config.get(key), running, plugged)
        if one is not None:
            found.append(one)
    return found


def fresh(wish: GuestWish) -> list[Difference]:
    """Return what a guest that is to be made needs: every field, as if nothing were there."""
    found = []
    for key, value in wish.values.items():
        field = field_of(wish.kind, key)
        if field is None or value is None:
            continue
        if isinstance(value, str):
            found.append(Difference(key, {key: None}, {key: value}, value, True))
        elif field.form is not None:
            found.append(_made(key, field.form, value))
    return found


def _one(
    key: str, field: Field, value: Value, raw: str | None, running: bool, plugged: frozenset[str]
) -> Difference | None:
    effect = _effect(field, running, plugged)
    if isinstance(field.value, ValueKind):
        return None if isinstance(value, dict) else _plain(key, field, field.value, value, raw, effect)
    if not isinstance(value, dict):
        return None if raw is None else _removed(key, field.value, raw, effect)
    if raw is None:
        made = None if _is_default(field.value, value) else _made(key, field.value, value)
        return made and replace(made, effect=LIVE if field.plugs == NEW else effect)
    return _changed(key, field.value, value, raw, effect, running)


def _plain(
    key: str, field: Field, kind: ValueKind, value: str | None, raw: str | None, effect: str
) -> Difference | None:
    have = field.default if raw is None else kind.normal(raw)
    if value is None:
        if raw is None or have == field.default:
            return None
        wanted = field.default
    else:
        wanted = value
        if have == value:
            return None
    old, new = {key: have}, {key: wanted}
    if field.fixed:
        return Difference(key, old, new, refusal=f"{key} is settled when a guest is made", hint="make it anew")
    if value is None or value == "":
        return Difference(key, old, new, None, True, effect)
    return Difference(key, old, new, value, True, effect)


def _is_default(form: Form, value: Mapping[str, str | None]) -> bool:
    """Tell whether parts wish for nothing but what a setting that is not there means anyway."""
    return all(
        wished is None or (not form.is_volume and form.parts[name].default == wished) for name, wished in value.items()
    )


def _made(key: str, form: Form, value: Mapping[str, str | None]) -> Difference:
    """Return a device, volume or setting that is not there yet."""
    parts = {name: wished for name, wished in value.items() if wished is not None}
    old: dict[str, str | None] = {f"{key}.{name}": None for name in parts}
    new: dict[str, str | None] = {f"{key}.{name}": wished for name, wished in parts.items()}
    lacking, hint = _lacking(form, parts)
    if lacking:
        return Difference(key, old, new, refusal=lacking, hint=hint)
    grow = ""
    if form.is_volume and "volume" not in parts:
        storage, size = parts.pop("storage"), parts.pop("size", "")
        if "import-from" in parts:
            parts = {"volume": f"{storage}:0", **parts}
            grow = size
        else:
            parts = {"volume": f"{storage}:{quantities.gibibytes(quantities.from_proxmox(size) or 0)}", **parts}
    elif form.is_volume:
        parts.pop("storage", None)
        parts.pop("size", None)
    return Difference(key, old, new, properties.write(parts, form), True, grow=grow)


def _lacking(form: Form, parts: Mapping[str, str]) -> tuple[str, str]:
    """Return what a new device lacks, and what to write."""
    if form.is_volume and "volume" not in parts:
        if "storage" not in parts:
            return "a new volume needs a storage", "give storage and size, or the volume itself"
        if "size" not in parts and "import-from" not in parts:
            return "a new volume needs a size", "write size: 32G"
    if form is forms.NIC and "model" not in parts:
        return "a new network card needs a model", "write model: virtio"
    if form is forms.CT_NIC and "name" not in parts:
        return "a new network card needs a name", "write name: eth0"
    if form is forms.MOUNT and "mp" not in parts:
        return "a new mount point needs mp", "write mp: /data"
    if form is forms.AGENT and "enabled" not in parts:
        return "agent needs enabled", "write enabled: true"
    return "", ""


def _removed(key: str, form: Form, raw: str, effect: str) -> Difference:
    have = properties.parse(raw, form)
    destroys = form.is_volume and _holds_data(have)
    return Difference(
        key, {key: raw}, {key: None}, None, True, DESTROYS if destroys else effect, restarts=effect == REBOOT
    )


def _holds_data(parts: Mapping[str, str]) -> bool:
    volume = parts.get("volume", "")
    is_own = not volume.startswith("/") and properties.CLOUDINIT not in volume
    return is_own and not properties.is_cdrom(parts)


def _changed(
    key: str, form: Form, value: Mapping[str, str | None], raw: str, effect: str, running: bool
) -> Difference | None:
    written = properties.parse(raw, form)
    have = properties.normal(written, form)
    differing = {name: wished for name, wished in value.items() if not _is_so(form, name, wished, have)}
    if not differing:
        return None
    old = {f"{key}.{name}": have.get(name, _default(form, name)) for name in differing}
    new = {f"{key}.{name}": _default(form, name) if wished is None else wished for name, wished in differing.items()}
    refusal, hint = _impossible(key, form, differing, have)
    if refusal:
        return Difference(key, old, new, refusal=refusal, hint=hint)
    apart = {name: wished or "" for name, wished in differing.items() if form.is_volume and name in _APART}
    if properties.is_cdrom(have) or "volume" in differing:
        apart = {}
    own = {name: wished for name, wished in differing.items() if not (form.is_volume and name in _APART)}
    text = properties.write(_merged(form, written, own), form) if own else None
    effect = _effect_of_parts(form, own, effect, running)
    return Difference(key, old, new, text, bool(own), effect, apart.get("size", ""), apart.get("storage", ""))


def _default(form: Form, name: str) -> str | None:
    return form.parts[name].default if name in form.parts else None


def _is_so(form: Form, name: str, wished: str | None, have: Mapping[str, str]) -> bool:
    part = form.parts[name]
    if wished is None:
        return name not in have or have[name] == part.default
    if part.new_only:
        return True
    return have.get(name, part.default) == wished


def _impossible(key: str, form: Form, differing: Mapping[str, str | None], have: Mapping[str, str]) -> tuple[str, str]:
    """Return why a volume cannot become what is wished, and the way out."""
    if not form.is_volume:
        return "", ""
    is_drive = properties.is_cdrom(have) or differing.get("media") == "cdrom"
    if "volume" in differing and not is_drive and not have.get("volume", "").startswith("/"):
        return f"{key} holds another volume", f"take it away first ({key}: null), then attach the other"
    if is_drive:
        return ("a drive is on no storage", f"give {key}.volume") if _APART & differing.keys() else ("", "")
    for name in _APART & differing.keys():
        if differing[name] is None:
            return f"{key} cannot be without a {name}", "leave it away"
    if "size" in differing:
        now = quantities.from_proxmox(have.get("size", ""))
        wanted = quantities.from_proxmox(differing["size"] or "")
        if now is None or wanted is None:
            return f"nobody knows how large {key} is", "leave size away"
        if wanted < now:
            return f"{key} would shrink from {have['size']} to {differing['size']}", "disks only grow; write its size"
    if "storage" in differing and "storage" not in have:
        return f"{key} is a directory of the node, and on no storage", "leave storage away"
    return "", ""


def _merged(form: Form, written: Mapping[str, str], changed: Mapping[str, str | None]) -> dict[str, str]:
    """Return all parts with the changed ones in their place."""
    parts = dict(written)
    for name, wished in changed.items():
        if wished is None:
            parts.pop(name, None)
        else:
            parts[name] = wished
    if form.is_volume and "volume" in changed:
        parts.pop("size", None)
    return parts


def _effect_of_parts(form: Form, own: Mapping[str, str | None], effect: str, running: bool) -> str:
    if not running or not own:
        return LIVE
    if form is forms.DISK and all(form.parts[name].at_once for name in own):
        return LIVE
    return REBOOT if form is forms.DISK else effect  # plugging takes whole disks, not how they are cached


def _effect(field: Field, running: bool, plugged: frozenset[str]) -> str:
    if not running or field.effect == LIVE or (field.plugs and field.plugs in plugged):
        return LIVE
    return field.effect


def _plugged(kind: str, config: Mapping[str, str]) -> frozenset[str]:
    """Return what a running guest takes without a restart."""
    if kind != VM:
        return frozenset()
    given = config.get("hotplug")
    found = HOTPLUG_DEFAULT if given in {None, TRUE} else frozenset((given or "").replace(";", ",").split(","))
    return found if config.get("numa") == TRUE else found - {"memory"}
