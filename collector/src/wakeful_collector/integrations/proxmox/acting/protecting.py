"""Which guests nobody may hurt from here: by Proxmox's own flag, by a tag, or by the cluster's list. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

TAG = "protected"
"""The tag that protects a guest wherever it stands."""

TRUE = frozenset({"1", "yes", "on", "true"})


def reasons(vmid: int, protection: str, tags: Iterable[str], protected: Collection[str]) -> list[str]:
    """Return why a guest is protected, each with the way out; an empty list when it is not.

    `protection` is the value in its configuration, `protected` the cluster's list of ids and tags.
    """
    found = []
    if protection.strip().lower() in TRUE:
        found.append("protection is on in Proxmox (switch it off there, under Options)")
    listed = {word.lower() for word in protected}
    own = {tag.lower() for tag in tags}
    if TAG in own:
        found.append(f"it has the tag {TAG} (take the tag off in Proxmox)")
    found += [
        f"its tag {tag} is on the cluster's list (proxmox.cluster.change protected)" for tag in sorted(own & listed)
    ]
    if str(vmid) in listed:
        found.append("its id is on the cluster's list (proxmox.cluster.change protected)")
    return found
