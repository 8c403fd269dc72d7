"""An engine that answers like docker 24 on a unix socket, in the forms its API reference documents.

It passes the suite that the real podman passes (tests/real/test_containers.py).
"""

from __future__ import annotations

import contextlib
import json
import re
import socketserver
import threading
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = {
    "Platform": {"Name": "Docker Engine - Community"},
    "Components": [{"Name": "Engine", "Version": "24.0.7", "Details": {"ApiVersion": "1.43"}}],
    "Version": "24.0.7",
    "ApiVersion": "1.43",
}
CREATED = 1_700_000_000


def stats(used_bytes: int = 6_537_216, cpu_ns: int = 100_093_996) -> dict[str, Any]:
    """Return a container's statistics; the figures are those of the API's own example."""
    network = {"rx_bytes": 5338, "rx_dropped": 0, "rx_errors": 0, "rx_packets": 36}
    network |= {"tx_bytes": 648, "tx_dropped": 0, "tx_errors": 0, "tx_packets": 8}
    return {
        "read": "2015-01-08T22:57:31.547920715Z",
        "pids_stats": {"current": 3, "limit": 18446744073709551615},
        "networks": {"eth0": network, "eth5": {**network, "rx_bytes": 4641, "tx_bytes": 690}},
        "memory_stats": {
            "stats": {"total_inactive_file": 65_536, "inactive_file": 65_536, "cache": 0},
            "max_usage": 6_651_904,
            "usage": used_bytes,
            "failcnt": 0,
            "limit": 67_108_864,
        },
        "blkio_stats": {
            "io_service_bytes_recursive": [
                {"major": 8, "minor": 0, "op": "read", "value": 4096},
                {"major": 8, "minor": 0, "op": "write", "value": 8192},
                {"major": 253, "minor": 0, "op": "Read", "value": 1},
                {"major": 253, "minor": 0, "op": "Total", "value": 12289},
            ]
        },
        "cpu_stats": {
            "cpu_usage": {"total_usage": cpu_ns, "usage_in_usermode": 50_000_000, "usage_in_kernelmode": 30_000_000},
            "system_cpu_usage": 739_306_590_000_000,
            "online_cpus": 4,
        },
    }


class DockerEngine:
    """The engine: containers by id, what it answers to which path, and which paths it was asked for."""

    def __init__(self, socket_path: str) -> None:
        self.socket_path = socket_path
        self.containers: dict[str, dict[str, Any]] = {}
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        self.busy = self.busiest = 0
        self.hold = threading.Event()
        self.hold.set()

    def add(self, name: str, state: str = "running", status: str = "", pid: int = 0, **details: Any) -> str:
        """Add a container and return its id."""
        container_id = f"{len(self.containers) + 1:02x}" * 32
        status = status or {"running": "Up 5 minutes", "created": "Created"}.get(state, "Exited (3) 2 minutes ago")
        self.containers[container_id] = {
            "name": name,
            "image": details.pop("image", "nginx:latest"),
            "state": state,
            "status": status,
            "pid": pid,
            "restarts": 0,
            "oom": False,
            "network": "bridge",
            "started": "2023-11-14T22:13:20.123456789Z",
            "exit_code": 0 if state in {"running", "created"} else 3,
            "stats": stats(),
            **details,
        }
        return container_id

    def answer(self, path: str) -> tuple[int, bytes]:
        """Return status and body for a path."""
        self.asked.append(path)
        bare = path.partition("?")[0]
        if bare in self.answers:
            return self.answers[bare]
        if bare == "/version":
            return 200, json.dumps(VERSION).encode()
        if bare == "/containers/json":
            return 200, json.dumps([self._row(*item) for item in self.containers.items()]).encode()
        found = re.match(r"/containers/([^/]+)/(json|stats)\Z", bare)
        names = {one["name"]: key for key, one in self.containers.items()}
        key = names.get(found.group(1), found.group(1)) if found else ""
        if not found or key not in self.containers:
            return 404, json.dumps({"message": f"No such container: {key}"}).encode()
        one = self.containers[key]
        return 200, json.dumps(self._page(key, one) if found.group(2) == "json" else one["stats"]).encode()

    def restart(self, path: str) -> tuple[int, bytes]:
        """Restart the container of a path, as POST does; RestartCount is of its policy alone."""
        self.asked.append(path)
        found = re.match(r"/containers/([^/]+)/restart\Z", path.partition("?")[0])
        names = {one["name"]: key for key, one in self.containers.items()}
        key = names.get(found.group(1), found.group(1)) if found else ""
        if key not in self.containers:
            return 404, json.dumps({"message": f"No such container: {key}"}).encode()
        self.containers[key].update(
            state="running", status="Up 1 second", exit_code=0, started="2023-11-14T22:20:00.5Z"
        )
        return 204, b""

    def _row(self, container_id: str, one: dict[str, Any]) -> dict[str, Any]:
        return {
            "Id": container_id,
            "Names": ["/" + one["name"]],
            "Image": one["image"],
            "Created": CREATED,
            "State": one["state"],
            "Status": one["status"],
        }

    def _page(self, container_id: str, one: dict[str, Any]) -> dict[str, Any]:
        running = one["state"] == "running"
        state = {
            "Status": one["state"],
            "Running": running,
            "OOMKilled": one["oom"],
            "Pid": one["pid"] if running else 0,
            "ExitCode": one["exit_code"],
            "StartedAt": one["started"] if one["state"] != "created" else "0001-01-01T00:00:00Z",
        }
        page = {"Id": container_id, "Name": "/" + one["name"], "RestartCount": one["restarts"], "State": state}
        return {**page, "HostConfig": {"NetworkMode": one["network"]}}


@contextlib.contextmanager
def docker_engine(folder: Path) -> Iterator[DockerEngine]:
    """Run an engine on a socket in the folder until the block ends."""
    engine = DockerEngine(str(folder / "docker.sock"))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                engine.busy += 1
                engine.busiest = max(engine.busiest, engine.busy)
            engine.hold.wait(20)
            status, body = engine.answer(self.path)
            with lock:
                engine.busy -= 1
            with contextlib.suppress(OSError):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def do_POST(self) -> None:
            status, body = engine.restart(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            return "unix"

        def log_message(self, *_: Any) -> None:
            pass

    class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
        daemon_threads = True
        request_queue_size = 64

    lock = threading.Lock()
    with Server(engine.socket_path, Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield engine
        finally:
            engine.hold.set()
            server.shutdown()
            thread.join()
