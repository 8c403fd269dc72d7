"""What the Proxmox room offers to the collector."""

from __future__ import annotations

from wakeful_collector.integration import Faces, Integration
from wakeful_collector.integrations.proxmox import jobs, operations


def _faces() -> Faces:
    from wakeful_collector.integrations.proxmox import pages

    return Faces(pages.BLUEPRINTS, pages.NAVIGATION, pages.OFFERS)


ROOM = Integration("proxmox", "Proxmox", operations=operations.OPERATIONS, jobs=jobs.JOBS, faces=_faces)
