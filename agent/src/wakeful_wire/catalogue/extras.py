"""Packages and updates, jails, tunnels, other devices and games."""

from __future__ import annotations

from wakeful_wire.catalogue.metric import COUNTER, GAUGE, Metric

_INTERFACE = ("target", "device")
_FLOW = ("target", "device", "direction")

ROWS: tuple[Metric, ...] = (
    Metric("system.packages.count", GAUGE, "{package}", "Packages installed, by package manager", ("manager",)),
    Metric("system.updates.pending", GAUGE, "{package}", "Packages with a newer version in the lists fetched last"),
    Metric("system.updates.security", GAUGE, "{package}", "Updates among them that are for security"),
    Metric("system.updates.lists.age", GAUGE, "s", "Time since the package manager last fetched its lists"),
    Metric("system.reboot.required", GAUGE, "1", "1 while the machine waits for a restart"),
    Metric("fail2ban.up", GAUGE, "1", "1 while the fail2ban server answers"),
    Metric("fail2ban.jails", GAUGE, "{jail}", "Jails that are active"),
    Metric("fail2ban.failures.current", GAUGE, "{failure}", "Failures a jail remembers now", ("jail",)),
    Metric("fail2ban.failures", COUNTER, "{failure}", "Failures a jail has seen since it started", ("jail",)),
    Metric("fail2ban.bans.current", GAUGE, "{address}", "Addresses a jail bans now", ("jail",)),
    Metric("fail2ban.bans", COUNTER, "{address}", "Bans of a jail since it started", ("jail",)),
    Metric("wireguard.peers", GAUGE, "{peer}", "Peers of an interface", ("device",)),
    Metric("wireguard.peers.connected", GAUGE, "{peer}", "Peers with a handshake in the last 3 minutes", ("device",)),
    Metric(
        "wireguard.peer.io", COUNTER, "By", "Bytes received from and sent to a peer", ("device", "peer", "direction")
    ),
    Metric("wireguard.peer.handshake.age", GAUGE, "s", "Time since a peer's last handshake", ("device", "peer")),
    Metric("tailscale.up", GAUGE, "1", "1 while this machine is connected to its tailnet"),
    Metric("tailscale.peers", GAUGE, "{peer}", "Machines of the tailnet by state: online, offline", ("state",)),
    Metric("tailscale.peer.online", GAUGE, "1", "1 while a machine of the tailnet is online", ("peer",)),
    Metric("tailscale.peer.io", COUNTER, "By", "Bytes received from and sent to a machine", ("peer", "direction")),
    Metric("tailscale.key.expires", GAUGE, "s", "Time until this machine's key ends"),
    Metric("tailscale.problems", GAUGE, "{problem}", "Problems that tailscale knows of"),
    Metric("snmp.up", GAUGE, "1", "1 while a device answers", ("target",)),
    Metric("snmp.uptime", GAUGE, "s", "Time since a device's agent started", ("target",)),
    Metric("snmp.response.time", GAUGE, "s", "Time a device took for its system group", ("target",)),
    Metric("snmp.interfaces", GAUGE, "{interface}", "Interfaces of a device", ("target",)),
    Metric("snmp.interface.up", GAUGE, "1", "1 while an interface works; none while switched off", _INTERFACE),
    Metric("snmp.interface.speed", GAUGE, "bit/s", "Speed of an interface", _INTERFACE),
    Metric("snmp.interface.io", COUNTER, "By", "Bytes received and transmitted by an interface", _FLOW),
    Metric("snmp.interface.packets", COUNTER, "{packet}", "Unicast packets received and transmitted", _FLOW),
    Metric("snmp.interface.errors", COUNTER, "{error}", "Errors while receiving and transmitting", _FLOW),
    Metric("snmp.interface.dropped", COUNTER, "{packet}", "Packets an interface dropped", _FLOW),
    Metric("snmp.value", GAUGE, "1", "Value of an object that agent.toml names", ("target", "name")),
    Metric("snmp.counter", COUNTER, "1", "Value of a counter that agent.toml names", ("target", "name")),
    Metric("game.up", GAUGE, "1", "1 while a game server answers", ("target",)),
    Metric("game.players", GAUGE, "{player}", "Players on a game server, bots left out", ("target",)),
    Metric("game.players.limit", GAUGE, "{player}", "Players a game server takes", ("target",)),
    Metric("game.bots", GAUGE, "{player}", "Bots on a game server", ("target",)),
    Metric("game.response.time", GAUGE, "s", "Time a game server took to answer", ("target",)),
)
