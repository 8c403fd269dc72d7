"""The arguments of every deed, as its operation takes them."""

from __future__ import annotations

from typing import Any

from wakeful_collector.integrations.proxmox.acting.steps_copies import SNAPSHOT_NAME
from wakeful_collector.integrations.proxmox.acting.steps_settings import SIZE
from wakeful_collector.integrations.proxmox.link.schemas import CLUSTER
from wakeful_collector.operations.arguments import LINES, shape

Schema = dict[str, Any]

VMID: Schema = {"type": "integer", "minimum": 100, "maximum": 999_999_999}
NODE: Schema = {"type": "string", "maxLength": 63, "pattern": "^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$"}
STORAGE: Schema = {"type": "string", "maxLength": 100, "pattern": "^[A-Za-z][A-Za-z0-9._-]*[A-Za-z0-9]$"}
POOL: Schema = {"type": "string", "maxLength": 128, "pattern": "^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+){0,2}$"}
SNAPSHOT: Schema = {"type": "string", "maxLength": 40, "pattern": SNAPSHOT_NAME}
NAME: Schema = {"type": "string", "maxLength": 255, "pattern": "^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$"}
DISK: Schema = {"type": "string", "pattern": "^((ide|sata|scsi|virtio|mp)[0-9]{1,3}|rootfs|efidisk0|tpmstate0)$"}
DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{40}$"}
ARCHIVE: Schema = {"type": "string", "maxLength": 512, "pattern": "^[A-Za-z][A-Za-z0-9._-]*:[^\\s:]+(:[^\\s]*)?$"}
TEXT: Schema = {"type": "string", "maxLength": 8_192, "format": LINES}
SECRET: Schema = {"type": "string", "minLength": 5, "maxLength": 256}
FLAG: Schema = {"type": "boolean"}
SECONDS: Schema = {"type": "integer", "minimum": 1, "maximum": 7_200}
SETTINGS: Schema = {"type": "object"}
KEYS: Schema = {"type": "array", "items": {"type": "string", "maxLength": 64}, "maxItems": 200, "uniqueItems": True}

ALWAYS: dict[str, Schema] = {
    "dry_run": FLAG,
    "request_key": {"type": "string", "minLength": 1, "maxLength": 128},
}
"""What every deed takes: to be shown and not done, and a key that makes it once only."""

OWN: dict[str, dict[str, Schema]] = {
    "start": {},
    "shutdown": {"timeout_seconds": SECONDS, "force": FLAG},
    "stop": {"overrule_shutdown": FLAG},
    "reboot": {"timeout_seconds": SECONDS},
    "suspend": {"to_disk": FLAG},
    "resume": {},
    "clone": {
        "new_vmid": VMID,
        "name": NAME,
        "full": FLAG,
        "target": NODE,
        "storage": STORAGE,
        "format": {"type": "string", "enum": ["raw", "qcow2", "vmdk"]},
        "pool": POOL,
        "snapshot": SNAPSHOT,
        "description": TEXT,
    },
    "migrate": {"target": NODE, "with_local_disks": FLAG, "target_storage": STORAGE},
    "snapshot": {"snapshot": SNAPSHOT, "description": TEXT, "with_memory": FLAG},
    "rollback": {"snapshot": SNAPSHOT, "start": FLAG},
    "snapshot_delete": {"snapshot": SNAPSHOT, "force": FLAG},
    "backup": {
        "storage": STORAGE,
        "mode": {"type": "string", "enum": ["snapshot", "suspend", "stop"]},
        "compress": {"type": "string", "enum": ["zstd", "lzo", "gzip", "0"]},
        "notes": {"type": "string", "maxLength": 1_024},
        "protected": FLAG,
    },
    "restore": {
        "archive": ARCHIVE,
        "node": NODE,
        "storage": STORAGE,
        "pool": POOL,
        "overwrite": FLAG,
        "unique": FLAG,
        "start": FLAG,
    },
    "resize": {"disk": DISK, "size": {"type": "string", "pattern": SIZE}, "digest": DIGEST},
    "change": {"settings": SETTINGS, "delete": KEYS, "revert": KEYS, "digest": DIGEST, "password": SECRET},
    "create": {
        "type": {"type": "string", "enum": ["qemu", "lxc"]},
        "node": NODE,
        "settings": SETTINGS,
        "pool": POOL,
        "password": SECRET,
        "start": FLAG,
    },
    "delete": {
        "name": {"type": "string", "maxLength": 255},
        "purge": FLAG,
        "destroy_unreferenced_disks": FLAG,
        "stop": FLAG,
    },
}
"""What each deed takes beside cluster, vmid and what every deed takes."""

_REQUIRED = {
    "migrate": ("target",),
    "snapshot": ("snapshot",),
    "rollback": ("snapshot",),
    "snapshot_delete": ("snapshot",),
    "backup": ("storage",),
    "restore": ("archive",),
    "resize": ("disk", "size"),
    "create": ("type", "node"),
}
_VMID_CHOSEN = frozenset({"create", "restore"})
SECRETS = ("password",)
NEVER_TOLD = ("password", "settings.cipassword", "settings.password", "settings.sshkeys")
"""What no audit trail holds: secrets in their place, and where they are refused."""


def arguments(kind: str) -> Schema:
    """Return the schema of a deed's arguments."""
    required = ("cluster", *(() if kind in _VMID_CHOSEN else ("vmid",)), *_REQUIRED.get(kind, ()))
    return shape(required, cluster=CLUSTER, vmid=VMID, **OWN[kind], **ALWAYS)
