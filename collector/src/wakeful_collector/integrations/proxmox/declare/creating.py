"""The steps that make a guest that is declared and not there: from nothing, from a template, or as a clone. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from wakeful_collector.integrations.proxmox.acting import protecting
from wakeful_collector.integrations.proxmox.acting.deeds import LXC, QEMU, Request
from wakeful_collector.integrations.proxmox.acting.kinds import KINDS
from wakeful_collector.integrations.proxmox.declare import differences, guest_steps, naming, properties
from wakeful_collector.integrations.proxmox.declare.fields import field_of
from wakeful_collector.integrations.proxmox.declare.guest_steps import Found
from wakeful_collector.integrations.proxmox.declare.outlook import declared, problem, step
from wakeful_collector.integrations.proxmox.declare.steps import CREATE, LIVE
from wakeful_collector.integrations.proxmox.declare.value_kinds import TRUE
from wakeful_collector.integrations.proxmox.link.paths import path
from wakeful_collector.model.estate import PARTIAL, SEEN, Guest

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.declare.outlook import Outlook
    from wakeful_collector.integrations.proxmox.declare.steps import Step
    from wakeful_collector.integrations.proxmox.declare.wished import GuestWish

_CARD = re.compile(r"net\d+")
_GIVEN_ANEW = frozenset({"protection", "lock", "template", "parent", "vmgenid", "smbios1", "meta", "snaptime"})


def missing(wish: GuestWish, view: Outlook) -> Found:
    """Return what makes a guest that is not there."""
    title = naming.title(wish.guest_kind, wish.vmid, _name(wish))
    area = view.estate.area("guests")
    if area.state not in {SEEN, PARTIAL}:
        told = f"nobody knows whether it is there: the guests of {wish.cluster} were not seen"
        return Found([], [problem(wish, title, told, area.reason)])
    if "clone" in wish.source:
        return _cloned(wish, view, title)
    return _made(wish, view, title)


def _made(wish: GuestWish, view: Outlook, title: str) -> Found:
    node, told, hint = _node(wish, view)
    if told:
        return Found([], [problem(wish, title, told, hint, "node")])
    lacking = [problem(wish, title, one, tip, key) for one, tip, key in _lacking(wish)]
    fresh = differences.fresh(wish)
    lacking += [problem(wish, title, one.refusal, one.hint, one.key) for one in fresh if one.refusal]
    if lacking:
        return Found([], lacking)
    late = [one for one in fresh if _protects(one.key, one.text or "", view)]
    form = {"vmid": str(wish.vmid)}
    form |= {one.key: one.text for one in fresh if one.text and one not in late}
    form |= {name: wish.source[name] for name in ("ostemplate", "ssh-public-keys") if name in wish.source}
    form |= {"pool": view.pools[wish.vmid]} if wish.vmid in view.pools else {}
    new: dict[str, str | None] = {"node": node}
    for one in fresh:
        if one not in late:
            new |= dict(one.new)
    request = Request("POST", path("nodes", node, wish.guest_kind), form, KINDS["create"].seconds)
    texts = {one.key: one.text or "" for one in fresh if one not in late}
    guest = _imagined(wish, node, title, _as_written(wish, texts))
    return _then(wish, guest, view, _step(guest, new, _why(wish, view), request, view))


def _cloned(wish: GuestWish, view: Outlook, title: str) -> Found:
    source = view.guests.get(int(wish.source["clone"]))
    if source is None or source.kind != wish.guest_kind:
        told = f"there is no {wish.kind} {wish.source['clone']} to clone"
        return Found([], [problem(wish, title, told, "apply what makes it first", "clone")])
    if source.config_state != SEEN:
        return Found([], [problem(wish, title, f"the configuration of {source.vmid} is not known", "", "clone")])
    form = {"newid": str(wish.vmid)}
    name = _name(wish)
    form |= {"name" if source.kind == QEMU else "hostname": name} if name else {}
    if "clone-full" in wish.source:
        form["full"] = wish.source["clone-full"]
    if "clone-storage" in wish.source:
        form |= {"storage": wish.source["clone-storage"], "full": TRUE}
    form |= {"pool": view.pools[wish.vmid]} if wish.vmid in view.pools else {}
    new: dict[str, str | None] = {"clone": str(source.vmid), "node": source.node}
    new |= {"name" if source.kind == QEMU else "hostname": name} if name else {}
    request = naming.request("clone", "POST", source.node, source.kind, source.vmid, ("clone",), form)
    guest = _imagined(wish, source.node, title, _copied(wish, source))
    return _then(wish, guest, view, _step(guest, new, _why(wish, view), request, view))


def _step(guest: Guest, new: dict[str, str | None], why: str, request: Request, view: Outlook) -> Step:
    made = msgspec.structs.replace(guest, tags=(), config={})
    return step(made, CREATE, (dict.fromkeys(new), new), why, LIVE, (request,), view.options)


def _then(wish: GuestWish, guest: Guest, view: Outlook, first: Step) -> Found:
    """Return the making, and the steps that a guest as it comes out of it still needs."""
    after = guest_steps.existing(wish, guest, view)
    return Found([first, *after.steps], after.problems, after.coming)


def _why(wish: GuestWish, view: Outlook) -> str:
    if view.estate.area("guests").state == PARTIAL:
        return f"{declared(wish.place)}, and not among the guests that the token may see"
    return f"{declared(wish.place)}, and not there"


def _imagined(wish: GuestWish, node: str, title: str, config: dict[str, str]) -> Guest:
    """Return a guest as it will be when it is made, as far as steps need to know."""
    name = title.partition(" (")[2].removesuffix(")")
    return Guest(
        cluster=wish.cluster,
        vmid=wish.vmid,
        kind=wish.guest_kind,
        name=name,
        node=node,
        status="stopped",
        tags=tuple(tag for tag in config.get("tags", "").split(";") if tag),
        config=config,
        config_state=SEEN,
    )


def _as_written(wish: GuestWish, texts: dict[str, str]) -> dict[str, str]:
    """Return the configuration that comes of making a guest: new volumes have names, and Proxmox adds some."""
    found = {"hostname": f"CT{wish.vmid}"} if wish.guest_kind == LXC else {"boot": "order=scsi0"}
    for key, text in texts.items():
        field = field_of(wish.kind, key)
        value = wish.values[key]
        if field is not None and field.form is not None and field.form.is_volume and isinstance(value, dict):
            parts = properties.parse(text, field.form)
            storage = value.get("storage")
            if storage and "volume" not in value:
                size = {"size": "0" if "import-from" in value else value["size"] or ""}
                parts |= {"volume": f"{storage}:vm-{wish.vmid}-{key}", **size}
                parts.pop("import-from", None)
            found[key] = properties.write(parts, field.form)
        elif text:
            found[key] = text
    return found


def _copied(wish: GuestWish, source: Guest) -> dict[str, str]:
    """Return the configuration that a clone has: cards get new addresses, disks new volumes."""
    found = {key: text for key, text in source.wanted.items() if key not in _GIVEN_ANEW}
    storage = wish.source.get("clone-storage", "")
    for key, text in found.items():
        field = field_of(wish.kind, key)
        if field is None or field.form is None:
            continue
        parts = properties.parse(text, field.form)
        if _CARD.fullmatch(key):
            parts.pop("macaddr", None)
            parts.pop("hwaddr", None)
        elif field.form.is_volume and storage and not properties.is_cdrom(parts):
            parts["volume"] = f"{storage}:{parts.get('volume', '').partition(':')[2]}"
        found[key] = properties.write(parts, field.form)
    name = _name(wish)
    if name:
        found["name" if source.kind == QEMU else "hostname"] = name
    return found


def _name(wish: GuestWish) -> str:
    value = wish.values.get("name" if wish.guest_kind == QEMU else "hostname")
    return value if isinstance(value, str) else ""


def _node(wish: GuestWish, view: Outlook) -> tuple[str, str, str]:
    """Return the node of a new guest, or what is wrong with it and the way out."""
    known = {one.name: one for one in view.estate.nodes}
    node = wish.node or (next(iter(known)) if len(known) == 1 else "")
    if not node:
        return "", "nothing says on which node it is to be made", "give node"
    if node not in known:
        return "", f"there is no node {node}", f"known are {', '.join(sorted(known))}"
    if known[node].status == "offline":
        return "", f"node {node} is offline", "wait until it is back"
    return node, "", ""


def _lacking(wish: GuestWish) -> list[tuple[str, str, str]]:
    if wish.guest_kind != LXC:
        return []
    found = []
    if "ostemplate" not in wish.source:
        hint = "write ostemplate: local:vztmpl/NAME, or clone: VMID"
        found.append(("a new container needs a template", hint, "ostemplate"))
    if "rootfs" not in wish.values:
        found.append(("a new container needs a rootfs", "write rootfs: {storage: local-lvm, size: 8G}", "rootfs"))
    return found


def _protects(key: str, text: str, view: Outlook) -> bool:
    """Tell whether a setting would protect the guest before it is finished."""
    if key == "protection":
        return text == TRUE
    return key == "tags" and bool(protecting.reasons(0, "", text.split(";"), view.options.protected))
