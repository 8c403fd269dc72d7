"""Charts of what holds the data and feeds the machine: disks as devices, arrays, pools, clusters, UPS, GPUs."""

from __future__ import annotations

from wakeful_collector.web.pages_panel import chart, states, upness

_TYPE = "type"
_DISK = ("device",)
SECTIONS = (
    (
        "Disk health",
        (
            states("smart-state", "Disks", "smart", "hw.status", only={_TYPE: ("physical_disk",)}, line=("name",),
                   good=("asleep",)),
            chart("smart-temperature", "Disk temperature", "smart", "hw.physical_disk.temperature", line=_DISK),
            chart("smart-wear", "Wear", "smart", "hw.physical_disk.wear", line=_DISK, least=0.1,
                  unit="share of its rated writes"),
            chart("smart-sectors", "Bad sectors", "smart", "hw.physical_disk.sectors", least=4,
                  line=("device", "state")),
            chart("smart-errors", "Disk errors", "smart", "hw.physical_disk.errors", kind="perminute",
                  unit="a minute", line=("device", "kind"), least=1),
            chart("smart-spare", "Spare blocks left", "smart", "hw.physical_disk.spare", line=_DISK, top=1.0,
                  kind="percent"),
            chart("smart-io", "Written in its life", "smart", "hw.physical_disk.io", unit="by the disk's own count",
                  line=("device", "direction"),
                  style="mirrored", down=("direction", "write")),
        ),
    ),
    (
        "Arrays and pools",
        (
            states("raid-state", "Arrays", "raid", "hw.status", only={_TYPE: ("array",)}, line=("name",)),
            chart("raid-disks", "Members of arrays", "raid", "hw.raid.disks", line=("array", "state")),
            chart("raid-sync", "Recovery and checks", "raid", "hw.raid.sync.progress", unit="share done", top=1.0,
                  kind="percent"),
            chart("raid-speed", "Speed of recovery and checks", "raid", "hw.raid.sync.speed"),
            states("zfs-state", "Pools", "zfs", "hw.status", only={_TYPE: ("pool",)}, line=("name",), good=("online",)),
            states("zfs-vdevs", "Devices of pools", "zfs", "hw.status", only={_TYPE: ("vdev",)}, line=("name",)),
            chart("zfs-used", "Pools used", "zfs", "zfs.pool.utilization", top=1.0),
            chart("zfs-fragmentation", "Fragmentation", "zfs", "zfs.pool.fragmentation", kind="percent", least=0.1),
            chart("zfs-errors", "Device errors", "zfs", "zfs.vdev.errors", unit="a minute", kind="perminute", least=1),
            chart("zfs-scan", "Scrub and resilver", "zfs", "zfs.pool.scan.progress", unit="share done", top=1.0,
                  kind="percent"),
        ),
    ),
    (
        "Ceph",
        (
            states("ceph-state", "Cluster", "ceph", "hw.status", only={_TYPE: ("cluster",)}, line=("name",)),
            chart("ceph-used", "Raw space used", "ceph", "ceph.capacity.utilization", top=1.0),
            chart("ceph-io", "Clients", "ceph", "ceph.client.io", unit="read above, write below", style="mirrored",
                  down=("direction", "write")),
            chart("ceph-operations", "Client operations", "ceph", "ceph.client.operations", kind="persecond"),
            chart("ceph-osds", "Object storage daemons", "ceph", "ceph.osds", least=1),
            chart("ceph-groups", "Placement groups", "ceph", "ceph.placement_groups", least=1, most=10),
            chart("ceph-pools", "Pools", "ceph", "ceph.pool.utilization", unit="share used", top=1.0),
            chart("ceph-recovery", "Recovery", "ceph", "ceph.recovery.io", least=1000),
        ),
    ),
    (
        "UPS",
        (
            states("ups-state", "State", "ups", "ups.status", line=("ups",), good=("online", "charging")),
            chart("ups-charge", "Battery charge", "ups", "ups.battery.charge", line=("ups",), top=1.0),
            chart("ups-runtime", "Time the battery lasts", "ups", "ups.battery.runtime", line=("ups",), least=60),
            chart("ups-load", "Load", "ups", "ups.load", line=("ups",), top=1.0),
            chart("ups-power", "Power given", "ups", "ups.power", line=("ups",), least=10),
            chart("ups-voltage", "Voltage", "ups", "ups.voltage", line=("ups", "side")),
            upness("ups-servers", "UPS servers", "ups", "ups.up"),
        ),
    ),
    (
        "Graphics processors",
        (
            chart("gpu-use", "GPU use", "gpu", "hw.gpu.utilization", only={"task": ("general",)}, line=("gpu",),
                  top=1.0),
            chart("gpu-memory", "GPU memory", "gpu", "hw.gpu.memory.usage", line=("gpu",)),
            chart("gpu-temperature", "GPU temperature", "gpu", "hw.gpu.temperature", line=("gpu",)),
            chart("gpu-power", "GPU power", "gpu", "hw.gpu.power", line=("gpu",), least=10),
            chart("gpu-clock", "GPU clock", "gpu", "hw.gpu.frequency", line=("gpu", "part")),
            chart("gpu-fan", "GPU fan", "gpu", "hw.gpu.fan.utilization", line=("gpu",), top=1.0),
            states("gpu-state", "GPU state", "gpu", "hw.status", only={_TYPE: ("gpu",)}, line=("name",)),
        ),
    ),
)  # fmt: skip
