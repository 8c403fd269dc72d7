"""Who asks the gateway: the holder of an API key, or a person whose browser shows a page of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Flask

from wakeful_collector.accounts import keys
from wakeful_collector.integrations.ollama.dialects import Refusal
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from wakeful_collector.accounts import Principal
    from wakeful_collector.config import Settings
    from wakeful_collector.integration import AddressOf, Application

SCOPE = "gateway"
_KEY_CHARACTERS_MAX = 128
_NO_KEY = "an API key of scope gateway is needed, as `Authorization: Bearer` or `X-API-Key`"


class Caller(NamedTuple):
    """Who asks, by the name that leases and history know (`key:laptop`, `user:ana`), and from where."""

    name: str
    address: str


class Callers:
    """Admits requests to the gateway."""

    def __init__(self, settings: Settings, application: Application, address_of: AddressOf) -> None:
        self.settings = settings
        self.address_of = address_of
        self._app = application if isinstance(application, Flask) else None

    def admit(self, environ: dict[str, Any], now_ms: int) -> Caller:
        """Return who asks; raise Refusal (421 for a foreign host name, 401, 403)."""
        host = environ.get("HTTP_HOST", "")
        if not kit.host_allowed(host, self.settings):
            said = f"this collector does not answer to the host name {host[:100]!r}; hosts_allowed is where to add it"
            raise Refusal(421, "host_not_allowed", said)
        address = self.address_of(environ)
        principal = self._principal(environ, address, now_ms)
        if not principal.may(SCOPE):
            raise Refusal(403, "forbidden", f"this needs the scope {SCOPE}, which {principal.name} does not have")
        return Caller(principal.name, address)

    def _principal(self, environ: dict[str, Any], address: str, now_ms: int) -> Principal:
        key = _key(environ)
        if key is None:
            visitor = None if self._app is None else kit.visitor(self._app, environ)
            if visitor is None:
                raise Refusal(401, "unauthorized", f"{_NO_KEY}; make one with: wakeful-collector key create")
            return visitor
        holder = keys.principal_of_key(self.settings.data, key[:_KEY_CHARACTERS_MAX], address, now_ms)
        if holder is None:
            raise Refusal(401, "unauthorized", "this API key is not valid (any more)")
        return holder


def _key(environ: dict[str, Any]) -> str | None:
    bearer: str = environ.get("HTTP_AUTHORIZATION", "")
    if bearer[:7].lower() == "bearer ":
        return bearer[7:].strip()
    return environ.get("HTTP_X_API_KEY")
