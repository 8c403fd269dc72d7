"""What `/api/client` of the Panel answers (section 1.3 of the facts)."""

from __future__ import annotations

import datetime
import re
import uuid
from typing import TYPE_CHECKING, Any

from . import errors, tokens
from .door import Request, Response, of_json
from .limits import FixedWindow
from .people import EVERY_PERMISSION, KEYS_MOST, User
from .server import OFFLINE, Server
from .wings import Unreachable, Wings

if TYPE_CHECKING:
    from .panel import Panel

TOKENS_A_WINDOW = 5
"""For each server, by all users together (section 1.2)."""
POWER = {"start": "control.start", "stop": "control.stop", "restart": "control.restart", "kill": "control.stop"}
PER_PAGE, PER_PAGE_MOST = 50, 100


class ClientApi:
    """The endpoints; the Panel has already found out who asks."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.tokens = FixedWindow(TOKENS_A_WINDOW, panel.times.rate_window_seconds)
        self.resources: dict[str, tuple[float, dict[str, Any]]] = {}
        self.activity: dict[str, list[dict[str, Any]]] = {}

    async def answer(self, request: Request, user: User) -> Response:
        """Answer one request of a user."""
        path = request.path[len("/api/client") :].rstrip("/")
        fixed = {"": self._list, "/account": self._account, "/permissions": self._permissions}
        if request.method == "GET" and path in fixed:
            return fixed[path](request, user)
        if (request.method, path) == ("POST", "/account/api-keys"):
            return self._make_key(request, user)
        found = re.fullmatch(r"/servers/([^/]+)(?:/([a-z]+))?", path)
        if found is None:
            raise errors.not_found()
        server = self._server(found[1], user)
        return await self._of_server(request, user, server, found[2] or "")

    def note(
        self,
        server: Server,
        user: User | None,
        event: str,
        properties: dict[str, Any],
        *,
        by_api: bool,
        address: str,
    ) -> None:
        """Add a line to a server's activity log."""
        now = datetime.datetime.fromtimestamp(int(self.panel.now()), datetime.timezone.utc)
        attributes: dict[str, Any] = {"id": uuid.uuid4().hex, "batch": None, "event": event, "is_api": by_api}
        attributes |= {"ip": address, "description": None, "properties": properties, "has_additional_metadata": False}
        attributes["timestamp"] = now.isoformat()
        actor = {"object": "user", "attributes": {"uuid": user.uuid, "username": user.name}} if user else None
        attributes["relationships"] = {"actor": actor or {"object": "null_resource", "attributes": None}}
        self.activity.setdefault(server.uuid, []).append({"object": "activity_log", "attributes": attributes})

    # Account.

    def _account(self, request: Request, user: User) -> Response:
        return of_json(200, {"object": "user", "attributes": user.attributes()})

    def _permissions(self, request: Request, user: User) -> Response:
        names: dict[str, Any] = {}
        for permission in EVERY_PERMISSION:
            room, _, name = permission.partition(".")
            names.setdefault(room, {"description": "", "keys": {}})["keys"][name] = ""
        return of_json(200, {"object": "system_permissions", "attributes": {"permissions": names}})

    def _make_key(self, request: Request, user: User) -> Response:
        document = request.json() or {}
        if not document.get("description"):
            raise errors.invalid(("description", "required"))
        if len(user.keys) >= KEYS_MOST:
            raise errors.display("You have reached the account limit for number of API keys.")
        key = user.mint_key(allowed_ips=tuple(document.get("allowed_ips") or ()))
        key.description = document["description"]
        attributes = {"identifier": key.text[:16], "description": key.description, "allowed_ips": list(key.allowed_ips)}
        meta = {"secret_token": key.text[16:]}
        return of_json(200, {"object": "api_key", "attributes": attributes, "meta": meta})

    # Servers.

    def _list(self, request: Request, user: User) -> Response:
        kind, wanted = request.query.get("type", ""), request.query.get("filter[*]", "").lower()
        servers = list(self.panel.servers.values())
        if kind in {"admin", "admin-all"}:
            servers = servers if user.admin else []
        elif kind == "owner":
            servers = [one for one in servers if one.owner is user]
        else:  # a root administrator's own list too has only its own and shared ones (seen)
            servers = [one for one in servers if one.owner is user or user.uuid in one.subusers]
        servers = [one for one in servers if wanted in one.name.lower() and not one.deleted]
        size = min(PER_PAGE_MOST, max(1, int(request.query.get("per_page", PER_PAGE))))
        return of_json(200, self._page(request, [self._view(one, user) for one in servers], size))

    def _page(self, request: Request, rows: list[Any], size: int) -> dict[str, Any]:
        page = max(1, int(request.query.get("page", 1)))
        shown = rows[(page - 1) * size : page * size]
        numbers = {"total": len(rows), "count": len(shown), "per_page": size, "current_page": page}
        pages = max(1, -(-len(rows) // size))
        return {
            "object": "list",
            "data": shown,
            "meta": {"pagination": {**numbers, "total_pages": pages, "links": {}}},
        }

    def _server(self, name: str, user: User) -> Server:
        """Return the server of a short or full id; 404 as well when the user may not see it."""
        for server in self.panel.servers.values():
            if name in {server.short, server.uuid} and not server.deleted:
                if user.admin or server.owner is user or user.uuid in server.subusers:
                    return server
                break
        raise errors.not_found()

    def _allowed(self, server: Server, user: User) -> list[str]:
        if user.admin:
            return ["*", "admin.websocket.errors", "admin.websocket.install", "admin.websocket.transfer"]
        return ["*"] if server.owner is user else server.subusers[user.uuid][1]

    def _need(self, permission: str, server: Server, user: User) -> None:
        if not {"*", permission} & set(self._allowed(server, user)):
            raise errors.forbidden()

    def _view(self, server: Server, user: User) -> dict[str, Any]:
        limits = {"memory": server.memory_limit_mib, "swap": 0, "disk": server.disk_limit_mib, "io": 500, "cpu": 0}
        attributes = {
            "server_owner": server.owner is user,
            "identifier": server.short,
            "internal_id": server.number,
            "uuid": server.uuid,
            "name": server.name,
            "node": server.node,
            "is_node_under_maintenance": server.maintenance,
            "sftp_details": {"ip": "127.0.0.1", "port": 2022},
            "description": "",
            "limits": {**limits, "threads": None, "oom_disabled": True},
            "invocation": "./start",
            "docker_image": "ghcr.io/example/game:latest",
            "egg_features": [],
            "feature_limits": {"databases": 0, "allocations": 0, "backups": 0},
            **_condition(server),
            "relationships": {
                "allocations": {"object": "list", "data": []},
                "variables": {"object": "list", "data": []},
            },
        }
        return {"object": "server", "attributes": attributes}

    async def _of_server(self, request: Request, user: User, server: Server, what: str) -> Response:
        method = request.method
        if (method, what) == ("GET", ""):
            allowed = self._allowed(server, user)
            meta = {"is_server_owner": server.owner is user, "user_permissions": allowed}
            return of_json(200, {**self._view(server, user), "meta": meta})
        conflict = _conflict(server)
        if conflict:
            raise errors.conflict(conflict)
        if (method, what) == ("GET", "websocket"):
            return self._token(server, user)
        if (method, what) == ("GET", "resources"):
            return await self._resources(server)
        if (method, what) == ("GET", "activity"):
            self._need("activity.read", server, user)
            rows = list(reversed(self.activity.get(server.uuid, [])))
            wanted = request.query.get("filter[event]", "")
            rows = [row for row in rows if wanted in row["attributes"]["event"]]
            return of_json(200, self._page(request, rows, min(100, int(request.query.get("per_page", 25)))))
        if (method, what) == ("POST", "power"):
            return await self._power(request, user, server)
        if (method, what) == ("POST", "command"):
            return await self._command(request, user, server)
        raise errors.not_found()

    def _token(self, server: Server, user: User) -> Response:
        self._need("websocket.connect", server, user)
        now = self.panel.now()
        headers = []
        if self.panel.token_limit_a_server:
            taken = self.tokens.hit(server.uuid, self.panel.elapsed())
            if not taken.allowed:
                raise errors.too_many(taken.limit, taken.retry_seconds, now)
            headers = [("X-RateLimit-Limit", str(taken.limit)), ("X-RateLimit-Remaining", str(taken.remaining))]
        wings = self._wings(server)
        claims = tokens.claims(
            issuer=self.panel.url,
            node=wings.url,
            user={"id": user.number, "uuid": user.uuid},
            server_uuid=(self.panel.foreign or server).uuid,
            permissions=self._allowed(server, user),
            now=now,
            seconds=self.panel.times.token_seconds,
        )
        if self.panel.scoped_tokens:
            claims["scope"] = "websocket"
        address = wings.url.replace("http", "ws", 1) + f"/api/servers/{server.uuid}/ws"
        return of_json(200, {"data": {"token": tokens.mint(wings.secret, claims), "socket": address}}, headers)

    async def _resources(self, server: Server) -> Response:
        """Answer what Wings said up to 20 s ago (section 1.3, seen)."""
        now = self.panel.elapsed()
        asked, kept = self.resources.get(server.uuid, (0.0, {}))
        if not kept or now - asked >= self.panel.times.resources_cache_seconds:
            await self._reach(server)
            kept = self._measured(server)
            self.resources[server.uuid] = now, kept
        return of_json(200, {"object": "stats", "attributes": kept})

    def _measured(self, server: Server) -> dict[str, Any]:
        running = server.attached
        names = ("memory_bytes", "cpu_absolute", "network_rx_bytes", "network_tx_bytes", "uptime")
        figures: dict[str, Any] = dict.fromkeys(names, 0)
        if running:
            figures.update(memory_bytes=server.memory_bytes, cpu_absolute=12.5, uptime=1000)
        state = {"current_state": server.state, "is_suspended": server.suspended}
        return {**state, "resources": {**figures, "disk_bytes": server.disk_bytes}}

    async def _power(self, request: Request, user: User, server: Server) -> Response:
        signal = (request.json() or {}).get("signal")
        if signal not in POWER:
            raise errors.invalid(("signal", "required" if signal is None else "in"))
        self._need(POWER[signal], server, user)
        await self._reach(server)
        self.panel.turning.spawn(server.power_quietly(signal, "panel"))
        self.note(server, user, f"server:power.{signal}", {}, by_api=True, address=request.address)
        return Response(204)

    async def _command(self, request: Request, user: User, server: Server) -> Response:
        command = (request.json() or {}).get("command")
        if not isinstance(command, str) or not command:
            raise errors.invalid(("command", "required"))
        self._need("control.console", server, user)
        await self._reach(server)
        if server.state == OFFLINE:
            raise errors.bad_gateway("Server must be online in order to send commands.")
        server.order(command)
        properties = {"command": command}
        self.note(server, user, "server:console.command", properties, by_api=True, address=request.address)
        return Response(204)

    def _wings(self, server: Server) -> Wings:
        return self.panel.nodes[server.node]

    async def _reach(self, server: Server) -> None:
        try:
            await self._wings(server).reach()
        except Unreachable:
            raise errors.unreachable() from None


def _condition(server: Server) -> dict[str, Any]:
    """Return what the Panel's view says of its condition."""
    status = "suspended" if server.suspended else server.status
    flags = {"is_suspended": server.suspended, "is_installing": server.status == "installing"}
    return {"status": status, **flags, "is_transferring": server.transferring}


def _conflict(server: Server) -> str:
    """Return why the Panel answers 409, or nothing (section 1.2)."""
    if server.suspended:
        return "This server is currently suspended and the functionality requested is unavailable."
    if server.maintenance:
        return "The node of this server is currently under maintenance and the functionality requested is unavailable."
    if server.status in {"installing", "install_failed", "reinstall_failed"}:
        return "This server has not yet completed its installation process, please try again later."
    if server.status == "restoring_backup":
        return "This server is currently restoring from a backup, please try again later."
    if server.transferring:
        return "This server is currently being transferred to a new machine, please try again later."
    return ""
