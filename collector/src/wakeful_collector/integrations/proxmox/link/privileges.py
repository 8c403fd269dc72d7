"""Which privileges each feature needs, what of them somebody has, and the lines that give no more than that. Pure.

Source: the permission checks of PVE's API; VM.Monitor was replaced by VM.GuestAgent.* with version 9.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

LEVELS = ("look", "act", "declare")
"""What is wanted of a cluster: to see it, to act on guests that are there, to make and change them too."""
NINE = 9
TOO_MUCH = "VM.Monitor"
"""What asking a guest's agent took before 9. It permits orders to the machine's monitor too, so no line gives it."""
LOGIN = "wakeful@pve!wakeful"
ROLES = {"look": "WakefulLook", "act": "WakefulAct", "declare": "WakefulDeclare"}


class Feature(NamedTuple):
    """Something Wakeful does, the privileges it needs, each with the part of the tree, and from which level on."""

    name: str
    level: str
    needs: tuple[tuple[str, str], ...]


class Verdict(NamedTuple):
    """Whether a feature is permitted: `yes`, `partly` (on some of the tree), or `no`, with what is missing where."""

    feature: Feature
    permitted: str
    missing: tuple[str, ...]


_CONFIG = ("Disk", "CDROM", "CPU", "Memory", "Network", "HWType", "Options", "Cloudinit")
FEATURES = (
    Feature("nodes, tasks, HA, backup jobs", "look", (("Sys.Audit", "/"),)),
    Feature("guests", "look", (("VM.Audit", "/vms"),)),
    Feature("storages", "look", (("Datastore.Audit", "/storage"),)),
    Feature("pools", "look", (("Pool.Audit", "/pool"),)),
    Feature("networks", "look", (("SDN.Audit", "/sdn"),)),
    Feature("addresses of guests", "look", (("VM.GuestAgent.Audit", "/vms"),)),
    Feature("start and stop", "act", (("VM.PowerMgmt", "/vms"),)),
    Feature("snapshots", "act", (("VM.Snapshot", "/vms"), ("VM.Snapshot.Rollback", "/vms"))),
    Feature("backups", "act", (("VM.Backup", "/vms"), ("Datastore.AllocateSpace", "/storage"))),
    Feature("migrate", "act", (("VM.Migrate", "/vms"),)),
    Feature("change guests", "declare", tuple((f"VM.Config.{one}", "/vms") for one in _CONFIG)),
    Feature(
        "create, clone and destroy guests",
        "declare",
        (("VM.Allocate", "/vms"), ("VM.Clone", "/vms"), ("Datastore.AllocateSpace", "/storage"), ("SDN.Use", "/sdn")),
    ),
    Feature("pools of guests", "declare", (("Pool.Allocate", "/pool"),)),
)


def wanted(level: str) -> tuple[Feature, ...]:
    """Return the features of a level and those below it."""
    return tuple(one for one in FEATURES if LEVELS.index(one.level) <= LEVELS.index(level))


def judge(found: Mapping[str, Mapping[str, Any]], feature: Feature, version: int) -> Verdict:
    """Return whether `found`, as /access/permissions tells it, permits a feature on a cluster of that version."""
    missing, has_some = [], False
    for privilege, path in feature.needs:
        privileges = _equal(privilege, version)
        if privileges and not any(_on(found, one, path) for one in privileges):
            places = [place for one in privileges for place in _below(found, one, path)]
            has_some = has_some or bool(places) or privileges == (TOO_MUCH,)
            missing.append(f"{privileges[0]} on {path}" + (f" (only on {', '.join(places[:5])})" if places else ""))
    permitted = "yes" if not missing else "partly" if has_some else "no"
    return Verdict(feature, permitted, tuple(missing))


def lines(login: str, level: str, version: int) -> list[str]:
    """Return what root says on a node to make a token that may do what is wanted, and nothing more.

    A login of root's, or one without a token, is answered with a user of its own.
    """
    user, bang, token = login.partition("!")
    if not bang or user == "root@pam":
        user, _, token = LOGIN.partition("!")
    role = "PVEAuditor" if level == "look" else ROLES[level]
    made = []
    if level != "look":
        privileges = dict.fromkeys(
            name for one in wanted(level) for need, _ in one.needs for name in _equal(need, version) if name != TOO_MUCH
        )
        made.append(f"pveum role add {role} --privs {shlex.quote(' '.join(privileges))}")
    made += [
        f"pveum user add {shlex.quote(user)} --comment Wakeful",
        f"pveum user token add {shlex.quote(user)} {shlex.quote(token)} --privsep 1",
        f"pveum acl modify / --roles {role} --users {shlex.quote(user)}",
        f"pveum acl modify / --roles {role} --tokens {shlex.quote(f'{user}!{token}')}",
    ]
    return made


def _equal(privilege: str, version: int) -> tuple[str, ...]:
    """Return what a privilege of today is called by a version; several where any one of them will do."""
    if privilege == "VM.GuestAgent.Audit" and version < NINE:
        return (TOO_MUCH,)
    if privilege.startswith("SDN.") and version < NINE - 1:  # a bridge needs none before 8
        return ()
    return (privilege,)


def _on(found: Mapping[str, Mapping[str, Any]], privilege: str, path: str) -> bool:
    """Tell whether a privilege holds at `/`, or at all that is below a path: given there or above, and handed down."""
    if path == "/" and privilege in found.get(path, {}):
        return True
    if _is_set(found.get(path, {}).get(privilege)):
        return True
    above = path
    while above != "/":
        above = above.rpartition("/")[0] or "/"
        if _is_set(found.get(above, {}).get(privilege)):
            return True
    return False


def _below(found: Mapping[str, Mapping[str, Any]], privilege: str, path: str) -> list[str]:
    """Return where below a path a privilege holds; what a pool gives counts for guests and storages."""
    begins = ("/" if path == "/" else f"{path}/", "/pool/" if path in {"/vms", "/storage"} else path + "/")
    return sorted(place for place, held in found.items() if place.startswith(begins) and privilege in held)


def _is_set(value: Any) -> bool:
    return value not in (None, 0, "0")  # also what cannot be hashed
