"""Which guest a guest is: the mark of its creation, and whether two sights are of the same one. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wakeful_collector.model.estate import QEMU

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wakeful_collector.model.estate import Guest

_CTIME = re.compile(r"(?:^|,)ctime=(\d{1,12})(?:,|$)")
_UUID = re.compile(r"(?:^|,)uuid=([0-9A-Fa-f-]{32,36})(?:,|$)")
_MAC = re.compile(r"(?:^|[,=])([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5})(?:,|$)")
_NET = re.compile(r"net\d{1,3}")


def mark(guest: Guest) -> str:
    """Return what tells a guest from another of the same number; empty while its settings are not known.

    A virtual machine has the time of its creation (`meta`) or its firmware's uuid; a container has neither: its first
    network card's address stands for it, else its root volume, else its name.
    """
    config = guest.config
    if not config:
        return ""
    if guest.kind == QEMU:
        created, uuid = _CTIME.search(config.get("meta", "")), uuid_of(config)
        if created is not None:
            return f"ctime:{created.group(1)}"
        if uuid:
            return f"uuid:{uuid}"
    card = next(iter(macs(config)), "")
    root = config.get("rootfs", "").partition(",")[0]
    return f"mac:{card}" if card else f"volume:{root}" if root else f"name:{guest.name}"


def is_same(known: Guest, seen: Guest) -> bool:
    """Tell whether `seen` is the guest that is known by that number: it is, unless its marks say otherwise.

    The mark of a container's first sight may change in its life (a card is replaced): it is another one only when
    neither a card, nor the root volume, nor the name is left.
    """
    if known.kind != seen.kind:
        return False
    if not known.mark or not seen.config or mark(seen) == known.mark:
        return True
    created = [_CTIME.search(one.config.get("meta", "")) for one in (known, seen)]
    if created[0] is not None and created[1] is not None:
        return created[0].group(1) == created[1].group(1)
    uuids = [uuid_of(one.config) for one in (known, seen)]
    if all(uuids):
        return uuids[0] == uuids[1]
    return any(_traits(known) & _traits(seen))


def uuid_of(config: Mapping[str, str]) -> str:
    """Return the firmware's uuid as 32 lower-case digits, empty where there is none."""
    found = _UUID.search(config.get("smbios1", ""))
    return "" if found is None else found.group(1).replace("-", "").lower()


def macs(config: Mapping[str, str]) -> Iterator[str]:
    """Yield the addresses of a guest's network cards in lower case, in the order of the cards."""
    cards = sorted((int(key[3:]), value) for key, value in config.items() if _NET.fullmatch(key))
    for _, value in cards:
        found = _MAC.search(value)
        if found is not None:
            yield found.group(1).lower()


def _traits(guest: Guest) -> set[str]:
    root = guest.config.get("rootfs", "").partition(",")[0]
    found = {f"mac:{one}" for one in macs(guest.config)}
    return found | {f"volume:{root}" for _ in root[:1]} | {f"name:{guest.name}" for _ in guest.name[:1]}
