"""Charts of what runs on a machine and beside it: containers, units, guests, logs."""

from __future__ import annotations

from wakeful_collector.web.pages_panel import chart, upness

_NAME = ("container",)
SECTIONS = (
    (
        "Containers",
        (
            chart("container-cpu", "Processor by container", "containers", "container.cpu.time",
                  unit="share of one core", line=_NAME),
            chart("container-memory", "Memory by container", "containers", "container.memory.usage", line=_NAME),
            chart("container-network", "Network by container", "containers", "container.network.io",
                  unit="in above, out below", style="mirrored", line=_NAME, down=("direction", "transmit")),
            chart("container-disk", "Disk by container", "containers", "container.disk.io",
                  unit="read above, write below", style="mirrored", line=_NAME, down=("direction", "write")),
            chart("container-count", "Containers by state", "containers", "container.count", by=("state",)),
            chart("container-limit", "Memory limit used", "containers", "container.memory.utilization",
                  unit="share of its limit", line=_NAME, top=1.0),
            upness("container-health", "Health checks", "containers", "container.healthy"),
            chart("container-restarts", "Restarts", "containers", "container.restarts", unit="a minute", line=_NAME,
                  kind="perminute"),
            upness("container-engines", "Container engines", "containers", "container.engine.up"),
        ),
    ),
    (
        "Units",
        (
            chart("units-state", "Units by state", "systemd", "systemd.units", line=("state",), only={
                "state": ("failed", "activating", "deactivating", "reloading", "maintenance")}, least=4),
            upness("units-active", "Services", "systemd", "systemd.service.active"),
            chart("units-cpu", "Processor by service", "systemd", "systemd.service.cpu.time", line=("unit",),
                  unit="share of one core"),
            chart("units-memory", "Memory by service", "systemd", "systemd.service.memory.usage", line=("unit",)),
            chart("units-restarts", "Restarts of services", "systemd", "systemd.service.restarts", line=("unit",),
                  unit="a minute", kind="perminute", least=0.1),
        ),
    ),
    (
        "Guests",
        (
            upness("proxmox-up", "Guests", "proxmox", "proxmox.guest.up"),
            chart("proxmox-cpu", "Processor by guest", "proxmox", "proxmox.guest.cpu.utilization", line=("name",),
                  unit="share of its processors"),
            chart("proxmox-memory", "Memory by guest", "proxmox", "proxmox.guest.memory.usage", line=("name",)),
            chart("proxmox-network", "Network by guest", "proxmox", "proxmox.guest.network.io", line=("name",),
                  unit="in above, out below", style="mirrored", down=("direction", "transmit"), least=1000),
            chart("proxmox-disk", "Disk by guest", "proxmox", "proxmox.guest.disk.io", line=("name",),
                  unit="read above, write below", style="mirrored", down=("direction", "write"), least=1000),
            chart("proxmox-storage", "Storages used", "proxmox", "proxmox.storage.usage", "proxmox.storage.limit",
                  unit="share used", style="share", line=("storage",)),
            upness("proxmox-nodes", "Nodes", "proxmox", "proxmox.node.up"),
            upness("libvirt-up", "Guests", "libvirt", "libvirt.guest.up"),
            chart("libvirt-cpu", "Processor by guest", "libvirt", "libvirt.guest.cpu.time", line=("guest",),
                  unit="share of one core"),
            chart("libvirt-memory", "Memory by guest", "libvirt", "libvirt.guest.memory.resident", line=("guest",)),
            chart("libvirt-network", "Network by guest", "libvirt", "libvirt.guest.network.io", line=("guest",),
                  unit="in above, out below", style="mirrored", down=("direction", "transmit"), least=1000),
            chart("libvirt-disk", "Disk by guest", "libvirt", "libvirt.guest.disk.io", line=("guest",),
                  unit="read above, write below", style="mirrored", down=("direction", "write"), least=1000),
        ),
    ),
    (
        "Logs",
        (
            chart("logs", "Errors and warnings", "logs", "log.records.rate", line=("unit", "severity"),
                  unit="records a minute", kind="count", least=1),
        ),
    ),
)  # fmt: skip
