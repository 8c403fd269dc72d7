"""Property strings of Proxmox, read into parts and written back. Pure.

What a part is called by default differs from form to form: `virtio=BC:24:11:00:00:01,bridge=vmbr0` is a model and an
address, `local-lvm:vm-100-disk-0,size=32G` a volume. Parts that nobody knows are kept as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.declare import forms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wakeful_collector.integrations.proxmox.declare.forms import Form

_CLOUDINIT = re.compile(r"([^:]+):(?:.*/)?vm-\d+-cloudinit(?:\.\w+)?")
CLOUDINIT = "cloudinit"


def parse(text: str, form: Form) -> dict[str, str]:
    """Return the parts of a property string as they stand there, in their order; a bare value has its part's name."""
    parts: dict[str, str] = {}
    for piece in text.split(","):
        name, equals, value = piece.strip().partition("=")
        if not equals:
            if name and form.bare:
                parts.setdefault(form.bare, name)
        elif form is forms.NIC and name in forms.NIC_MODELS:
            parts |= {"model": name, "macaddr": value}
        else:
            parts[form.same.get(name, name)] = value
    return parts


def write(parts: Mapping[str, str], form: Form) -> str:
    """Return the property string of parts: the bare one first, then the others in their order."""
    rest = dict(parts)
    pieces = []
    if form is forms.NIC and "model" in rest:
        model, address = rest.pop("model"), rest.pop("macaddr", "")
        pieces.append(f"{model}={address}" if address else model)
    elif form.bare in rest:
        pieces.append(rest.pop(form.bare))
    return ",".join(pieces + [f"{name}={value}" for name, value in rest.items()])


def normal(parts: Mapping[str, str], form: Form) -> dict[str, str]:
    """Return the parts with every value in its normal form; a volume tells its storage beside."""
    found = {
        name: form.parts[name].kind.normal(value) if name in form.parts else value for name, value in parts.items()
    }
    if form.is_volume and "volume" in found:
        volume = found["volume"]
        found["volume"] = _CLOUDINIT.sub(rf"\1:{CLOUDINIT}", volume)
        storage, colon, _ = volume.partition(":")
        if colon and not volume.startswith("/"):
            found["storage"] = storage
    return found


def is_cdrom(parts: Mapping[str, str]) -> bool:
    """Tell whether parts of a disk are those of a drive, which holds nothing of the guest's own."""
    return parts.get("media") == "cdrom" or parts.get("volume", "") in {"none", "cdrom"}
