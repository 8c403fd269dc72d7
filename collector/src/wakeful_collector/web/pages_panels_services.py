"""Charts of web servers, of what is asked over the network, of jails, tunnels, other devices and games."""

from __future__ import annotations

from wakeful_collector.web.pages_panel import chart, flow, upness

SECTIONS = (
    (
        "Watched addresses",
        (
            upness("http-up", "Pages", "http", "http.up"),
            chart("http-duration", "Time of an answer", "http", "http.duration", least=0.01),
            chart("http-phases", "Slowest phases", "http", "http.phase.duration", line=("target", "phase"), least=0.01),
            chart("http-certificates", "Certificates end", "http", "tls.certificate.expires", unit="days from now",
                  kind="until"),
            upness("port-up", "Ports", "port_check", "port.up"),
            chart("port-latency", "Time until a port connects", "port_check", "port.latency", least=0.001),
            upness("ping-up", "Machines pinged", "ping", "ping.up"),
            chart("ping-latency", "Ping", "ping", "ping.latency", unit="mean", only={"kind": ("mean",)},
                  line=("target",), least=0.001, most=24),
            chart("ping-loss", "Packets lost", "ping", "ping.loss", line=("target",), least=0.05),
            upness("public-ip", "Public address known", "public_ip", "public_ip.up"),
        ),
    ),
    (
        "Web servers",
        (
            upness("nginx-up", "nginx", "nginx", "nginx.up"),
            chart("nginx-requests", "nginx requests", "nginx", "nginx.requests", least=1),
            chart("nginx-connections", "nginx connections", "nginx", "nginx.connections_current", line=("state",),
                  least=4),
            upness("apache-up", "Apache", "apache", "apache.up"),
            chart("apache-requests", "Apache requests", "apache", "apache.requests", least=1),
            chart("apache-workers", "Apache workers", "apache", "apache.workers", line=("state",), least=4),
            chart("apache-traffic", "Apache traffic", "apache", "apache.traffic", least=1000),
            upness("caddy-up", "Caddy", "caddy", "caddy.up"),
            chart("caddy-requests", "Caddy requests", "caddy", "caddy.requests", by=("server",), least=1),
            chart("caddy-responses", "Caddy answers", "caddy", "caddy.responses", by=("status",), least=1),
            upness("caddy-upstreams", "Caddy upstreams", "caddy", "caddy.upstream.up"),
            upness("php-fpm-up", "PHP-FPM pools", "php_fpm", "php_fpm.up"),
            chart("php-fpm-requests", "PHP-FPM requests", "php_fpm", "php_fpm.connections.accepted", least=1),
            chart("php-fpm-processes", "PHP-FPM processes", "php_fpm", "php_fpm.processes", line=("target", "state"),
                  least=4),
            chart("php-fpm-queue", "PHP-FPM queue", "php_fpm", "php_fpm.queue.length", least=4),
        ),
    ),
    (
        "HAProxy",
        (
            upness("haproxy-up", "HAProxy", "haproxy", "haproxy.up"),
            upness("haproxy-status", "Frontends, backends, servers", "haproxy", "haproxy.status"),
            chart("haproxy-requests", "Requests", "haproxy", "haproxy.requests.total", line=("proxy", "service"),
                  least=1),
            chart("haproxy-sessions", "Sessions", "haproxy", "haproxy.sessions.count", line=("proxy", "service"),
                  least=4),
            chart("haproxy-errors", "Answers with errors", "haproxy", "haproxy.responses.errors",
                  line=("proxy", "service"), least=1),
            chart("haproxy-queue", "Requests waiting", "haproxy", "haproxy.requests.queued",
                  line=("proxy", "service"), least=4),
            chart("haproxy-latency", "Time of answers", "haproxy", "haproxy.latency", only={"phase": ("total",)},
                  line=("proxy", "service"), most=48, least=0.01),
        ),
    ),
    (
        "Updates and security",
        (
            chart("updates", "Updates that wait", "updates", "system.updates.pending", "system.updates.security",
                  words={"system.updates.pending": "all", "system.updates.security": "security"}, least=4),
            chart("jails-bans", "Addresses banned", "fail2ban", "fail2ban.bans.current", line=("jail",), least=4),
            chart("jails-failures", "Failed sign-ins", "fail2ban", "fail2ban.failures", unit="a minute",
                  kind="perminute", line=("jail",), least=0.1),
        ),
    ),
    (
        "Tunnels",
        (
            flow("wireguard-io", "WireGuard traffic", "wireguard", "wireguard.peer.io", ("peer",)),
            chart("wireguard-age", "Since the last handshake", "wireguard", "wireguard.peer.handshake.age",
                  line=("peer",), least=180),
            chart("wireguard-peers", "WireGuard peers", "wireguard", "wireguard.peers", "wireguard.peers.connected",
                  words={"wireguard.peers": "all", "wireguard.peers.connected": "connected"}, least=4),
            upness("tailscale-up", "Tailscale", "tailscale", "tailscale.up"),
            upness("tailscale-online", "Machines of the tailnet", "tailscale", "tailscale.peer.online"),
            flow("tailscale-io", "Tailscale traffic", "tailscale", "tailscale.peer.io", ("peer",)),
        ),
    ),
    (
        "Other devices",
        (
            upness("snmp-up", "Devices", "snmp", "snmp.up"),
            flow("snmp-io", "Traffic of interfaces", "snmp", "snmp.interface.io", ("target", "device")),
            chart("snmp-errors", "Errors of interfaces", "snmp", "snmp.interface.errors", unit="a minute",
                  kind="perminute", line=("target", "device", "direction"), least=1),
            chart("snmp-values", "Objects", "snmp", "snmp.value", line=("target", "name")),
            chart("snmp-counters", "Counters", "snmp", "snmp.counter", line=("target", "name")),
        ),
    ),
    (
        "Games",
        (
            upness("game-up", "Game servers", "game", "game.up"),
            chart("game-players", "Players", "game", "game.players", least=4),
            chart("game-response", "Time of an answer", "game", "game.response.time", least=0.01),
        ),
    ),
)  # fmt: skip
