"""The management routes of older services of this kind, under /gateway/: same routes and keys, for the default machine.

The routes below /gateway/ollama/ are answered before the pages, by `compat_front`.
"""

from __future__ import annotations

import os
import platform
import threading
from typing import TYPE_CHECKING, Any

from flask import Blueprint

from wakeful_collector import __version__
from wakeful_collector.integrations.ollama import compat_claims as legacy
from wakeful_collector.integrations.ollama import compat_words as words
from wakeful_collector.integrations.ollama import sealed, seen, status
from wakeful_collector.operations import registry
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from wakeful_collector.integrations.ollama.settings import Machine

SCOPE = "gateway"
_looking = threading.Lock()
blueprint = Blueprint("gateway_compat", __name__, url_prefix="/gateway")
BLUEPRINTS = (blueprint,)

GETS = ("debug", "test", "status", "lista_modelos")
POSTS = ("init", "arrancar", "apagar", "permanent_on_enable", "permanent_on_disable", "shutdown")
ROUTES = ("GET /gateway/", *(f"GET /gateway/{name}" for name in GETS), *(f"POST /gateway/{name}" for name in POSTS))
"""What there is, by method and path."""


@blueprint.get("", strict_slashes=False)
@blueprint.get("/")
def root() -> kit.Answer:
    """Answer that the service is there; nobody needs a key for that."""
    return _answer({"api": "Wakeful gateway", "version": __version__, "status": "running"})


@blueprint.get("/status")
def state() -> kit.Answer:
    """Answer the state document."""
    return _answer(words.state(_facts(_machine())))


@blueprint.get("/test")
def test() -> kit.Answer:
    """Answer whether the machine is on and Ollama answers, as the worker saw it last: nothing is probed meanwhile."""
    return _answer(words.test(_facts(_machine())))


@blueprint.get("/lista_modelos")
def models() -> kit.Answer:
    """Answer the models: as they are while it is awake, else as they were seen last."""
    machine = _machine()
    known = _facts(machine)
    if known.state in words.ANSWERING:
        _look(machine)
    found, at_ms = status.listed(kit.data(), machine.name, status.MODELS_PATH)
    return _answer(words.models(found, at_ms is not None, known))


@blueprint.get("/debug")
def debug() -> kit.Answer:
    """Answer what is set, without any secret, and how the machine was seen last in place of a ping."""
    machine = _machine()
    known, kept = _facts(machine), sealed.set_names(kit.data(), machine.name)
    return _answer(
        {
            "os_name": os.name,
            "platform": platform.system(),
            "python_version": platform.python_version(),
            "config": _config(machine, kept),
            "ping_test": {
                "command": f"GET {machine.url}/",
                "returncode": 0 if known.state in words.ANSWERING else 1,
                "stdout": words.said(known),
                "stderr": "",
            },
        }
    )


@blueprint.post("/<any(init, arrancar, apagar, shutdown):route>")
def act(route: str) -> kit.Answer:
    """Do what the route says, with its audit row."""
    asking = kit.require(SCOPE)
    done = registry.run(kit.settings(), legacy.REGISTRY, asking, f"gateway.{route}", {}, kit.now_ms())
    return _answer(done)


@blueprint.post("/<any(permanent_on_enable, permanent_on_disable):route>")
def permanent(route: str) -> kit.Answer:
    """Keep the machine awake for good, or no longer."""
    machine = _machine()
    is_on = route == "permanent_on_enable"
    kit.run("gateway.permanent", {"machine": machine.name, "on": is_on})
    text = "The machine stays on until this is taken back" if is_on else "The machine may go to sleep when it is idle"
    return _answer({"success": True, "mensaje": text})


@blueprint.route("/<path:rest>", methods=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"))
def nothing(rest: str) -> kit.Answer:
    """Answer for what is not there, or not by this method, as those services do."""
    allowed = {"GET": rest in GETS, "POST": rest in POSTS}
    if any(allowed.values()):
        allow = ", ".join(method for method, is_there in allowed.items() if is_there)
        return _answer({"detail": "Method Not Allowed"}, 405, {"Allow": allow})
    return _answer({"detail": "Not Found"}, 404)


@blueprint.errorhandler(kit.WebError)
@blueprint.errorhandler(kit.OperationError)
def refused(error: kit.WebError | kit.OperationError) -> kit.Answer:
    """Answer why not, under the key that clients of those services read."""
    headers = error.headers if isinstance(error, kit.WebError) else {}
    return _answer({"detail": error.message, "error": error.code}, error.status, headers)


def _machine() -> Machine:
    kit.require(SCOPE)
    return status.known(kit.data(), None)


def _look(machine: Machine) -> None:
    """Keep the list of models as it is now, if the machine answers in time.

    One at a time: a machine that hangs must not take up the threads of the pages.
    """
    if not _looking.acquire(blocking=False):
        return
    try:
        _remember(machine)
    finally:
        _looking.release()


def _remember(machine: Machine) -> None:
    key = sealed.upstream_key(kit.data(), machine.name)
    headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {key}"} if key else {})
    live = seen.live(machine.url, "GET", status.MODELS_PATH, headers, machine.fingerprint)
    if live is not None:
        seen.remember(kit.data(), machine.name, status.MODELS_PATH, live)


def _facts(machine: Machine) -> words.Facts:
    return legacy.facts(kit.data(), machine, kit.now_ms())


def _config(machine: Machine, kept: frozenset[str]) -> dict[str, Any]:
    from urllib.parse import urlsplit

    parts = urlsplit(machine.url)
    return {
        "EQUIPO_IA": parts.hostname,
        "IA_MAC": machine.mac,
        "OLLAMA_PORT": str(parts.port or 80),
        "SSH_PORT": machine.ssh_port,
        "SSH_USER": machine.ssh_user,
        "SSH_PASS_SET": "ssh_password" in kept,
        "SSH_SUDO_PASS_SET": "sudo_password" in kept,
        "WOL_BROADCAST": machine.broadcast,
        "WOL_PORT": machine.wol_port,
    }


def _answer(document: dict[str, Any], code: int = 200, headers: dict[str, str] | None = None) -> kit.Answer:
    return kit.json_answer(document, code, {"Cache-Control": "no-store", **(headers or {})})
