"""The requests that make, change, enlarge and delete guests, and what may stand in them. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from wakeful_collector.integrations.proxmox.acting.deeds import LXC, QEMU, Planned, Refusal, Request
from wakeful_collector.integrations.proxmox.acting.kinds import KINDS
from wakeful_collector.integrations.proxmox.link.paths import path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wakeful_collector.integrations.proxmox.acting.deeds import Deed, Target

SETTINGS_MAX = 200
CHARACTERS_MAX = 131_072
"""Of all settings together: pveproxy takes 512 KiB, and every character may become three."""
VALUE_CHARACTERS_MAX = 16_384
SIZE = r"^\+?[1-9][0-9]{0,9}(\.[0-9]{1,3})?[KMGT]$"
SHUT = frozenset(
    {
        *("archive", "background_delay", "cipassword", "delete", "digest", "force", "forcemachine"),
        *("ignore-unpack-errors", "import-working-storage", "live-restore", "lock", "migratedfrom"),
        *("migration_network", "migration_type", "newid", "node", "password", "restore", "revert", "skiplock"),
        *("path", "self", "start", "stateuri", "unique", "vmid"),
    }
)
"""What is no setting: arguments of the request that have a place of their own here, or none at all."""

_KEY = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_SHUT_HINTS = {"cipassword": "give it as password", "password": "give it as password", "digest": "give it as digest"}
_FACTORS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE_IN_CONFIG = re.compile(r"(?:^|,)size=(\d+(?:\.\d+)?)([KMGT])?(?:,|$)")


def change(deed: Deed, target: Target) -> Planned:
    """Change, delete or revert settings, bound to the digest that was looked at."""
    given = deed.arguments
    form = settings(given.get("settings", {}))
    secret = _password(given, target.kind, form, is_new=False)
    deleted, reverted = _keys(given.get("delete", ())), _keys(given.get("revert", ()))
    for key in (*deleted, *reverted):
        if key in form:
            raise Refusal("contradiction", f"{key} is both set and taken back")
    if not form and not deleted and not reverted:
        raise Refusal("nothing", "there is nothing to change: give settings, delete or revert")
    form |= {"delete": ",".join(deleted)} if deleted else {}
    form |= {"revert": ",".join(reverted)} if reverted else {}
    form |= _digest(given, target)
    method = "POST" if target.kind == QEMU else "PUT"
    return Planned((Request(method, f"{target.path}/config", form, KINDS[deed.kind].seconds, secret),))


def resize(deed: Deed, target: Target) -> Planned:
    """Let a disk grow by `+5G`, or to `32G`; disks never shrink."""
    disk, size = deed.arguments["disk"], deed.arguments["size"]
    known = target.config.get(disk)
    if known is None:
        raise Refusal("unknown_disk", f"{target.title} has no {disk}")
    now, wanted = disk_bytes(known), _bytes(size.lstrip("+"))
    if now and not size.startswith("+"):
        if wanted == now:
            return Planned(notes=(f"{disk} has {size} already",))
        if wanted < now:
            raise Refusal("shrinks", f"{disk} would shrink from {now / 2**30:g} GiB to {size}: disks only grow")
    form = {"disk": disk, "size": size} | _digest(deed.arguments, target)
    return Planned((Request("PUT", f"{target.path}/resize", form, KINDS[deed.kind].seconds),))


def create(deed: Deed, target: Target) -> Planned:
    """Make a new VM or container; `target` says where and under which id."""
    given = deed.arguments
    if target.status != "absent":
        raise Refusal("exists", f"{target.title} is there already, on {target.node}")
    form = settings(given.get("settings", {}))
    if target.kind == LXC and "ostemplate" not in form:
        raise Refusal(
            "no_template", "a container needs ostemplate, as local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst"
        )
    if target.kind == QEMU and "ostemplate" in form:
        raise Refusal("no_template", "a VM has no ostemplate: that is for containers")
    secret = _password(given, target.kind, form, is_new=True)
    form = {"vmid": str(target.vmid)} | form | ({"pool": given["pool"]} if given.get("pool") else {})
    form |= {"start": "1"} if given.get("start") else {}
    return Planned((Request("POST", path("nodes", target.node, target.kind), form, KINDS[deed.kind].seconds, secret),))


def delete(deed: Deed, target: Target) -> Planned:
    """Delete a guest with its disks; one that runs is stopped first when `stop` says so."""
    given = deed.arguments
    requests: list[Request] = []
    if target.status != "stopped" and not target.template:
        if not given.get("stop"):
            raise Refusal("running", f"{target.title} is {target.status}: stop it first, or say stop")
        requests.append(Request("POST", f"{target.path}/status/stop", {}, KINDS["stop"].seconds))
    if target.ha and not given.get("purge"):
        raise Refusal("ha", f"{target.title} is managed by the HA manager: only with purge is it taken out of that")
    form = {"purge": "1"} if given.get("purge") else {}
    form |= {"destroy-unreferenced-disks": "1"} if given.get("destroy_unreferenced_disks") else {}
    requests.append(Request("DELETE", target.path, form, KINDS[deed.kind].seconds))
    return Planned(tuple(requests))


def settings(given: Mapping[str, Any]) -> dict[str, str]:
    """Return settings as Proxmox takes them; raise Refusal for what cannot be one."""
    if len(given) > SETTINGS_MAX:
        raise Refusal("invalid", f"there are {len(given)} settings, at most {SETTINGS_MAX} are taken")
    found = {}
    for key, value in given.items():
        _check_key(key)
        if isinstance(value, bool):
            found[key] = "1" if value else "0"
        elif isinstance(value, (str, int, float)):
            found[key] = _text(key, str(value))
        else:
            raise Refusal("invalid", f"settings.{key} must be text, a number, or true or false")
    if sum(map(len, found.values())) > CHARACTERS_MAX:
        raise Refusal("invalid", f"the settings have more than {CHARACTERS_MAX} characters together")
    if "sshkeys" in found:  # Proxmox wants this one encoded within the form, which encodes it again
        found["sshkeys"] = quote(found["sshkeys"].strip(), safe="")
    return found


def disk_bytes(value: str) -> int:
    """Return the size that a disk's setting tells, 0 when it tells none."""
    found = _SIZE_IN_CONFIG.search(value)
    return 0 if found is None else round(float(found[1]) * _FACTORS.get(found[2] or "", 1))


def _bytes(size: str) -> int:
    return round(float(size[:-1]) * _FACTORS[size[-1]])


def _text(key: str, value: str) -> str:
    if len(value) > VALUE_CHARACTERS_MAX:
        raise Refusal("invalid", f"settings.{key} has more than {VALUE_CHARACTERS_MAX} characters")
    if not value.translate(str.maketrans("\r\n\t", "   ")).isprintable():
        raise Refusal("invalid", f"settings.{key} holds a control character")
    return value


def _check_key(key: object) -> None:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise Refusal("invalid", f"{str(key)[:64]!r} is no name of a setting")
    if key in SHUT:
        hint = _SHUT_HINTS.get(key, "it is no setting")
        raise Refusal("invalid", f"{key} cannot be set here: {hint}")


def _keys(given: Any) -> list[str]:
    for key in given:
        _check_key(key)
    return list(dict.fromkeys(given))


def _digest(given: Mapping[str, Any], target: Target) -> dict[str, str]:
    known = given.get("digest") or target.digest
    if given.get("digest") and target.digest and given["digest"] != target.digest:
        raise Refusal("changed", f"{target.title} was changed meanwhile: look at it again (digest {target.digest})")
    return {"digest": known} if known else {}


def _password(given: Mapping[str, Any], kind: str, form: dict[str, str], is_new: bool) -> tuple[str, ...]:
    """Put the password where this kind of guest takes it; return which value is secret."""
    if not given.get("password"):
        return ()
    if kind == LXC and not is_new:
        raise Refusal("invalid", "the password of a container is set when it is created, and inside it after that")
    name = "cipassword" if kind == QEMU else "password"
    form[name] = given["password"]
    return (name,)
