"""The page of all machines behind the gateway: how each stands, how clients use it, and the limits of keys."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for

from wakeful_collector.integrations.ollama import pages_standing, settings
from wakeful_collector.integrations.ollama.pages_frame import ADMIN, blueprint, lacking
from wakeful_collector.read import gateway, people
from wakeful_collector.web import kit


@kit.page(blueprint, "")
def machines() -> kit.Answer:
    """Show all machines of the gateway, or the cards alone when the page's script asks."""
    if kit.is_part():
        return kit.render("ollama/cards.html", standings=_standings(), **lacking())
    return _page()


@kit.page(blueprint, "/_/limits", methods=("POST",), scope=ADMIN)
def limit_set() -> kit.Answer:
    """Limit a key."""
    form = request.form
    given: dict[str, Any] = {"key": form.get("key", ""), "models": form.get("models", "").replace(",", " ").split()}
    given |= {name: _whole(form.get(name, "").strip()) for name in ("concurrency", "per_minute")}
    return _limit(given)


@kit.page(blueprint, "/_/limits/lift", methods=("POST",), scope=ADMIN)
def limit_remove() -> kit.Answer:
    """Lift the limits of a key."""
    return _limit({"key": request.form.get("key", ""), "remove": True})


def _limit(given: dict[str, Any]) -> kit.Answer:
    try:
        kit.run("gateway.limit", given)
    except kit.OperationError as error:
        return _page(error.message, {**given, "models": " ".join(given.get("models", ()))})
    return redirect(url_for("ollama.machines", _anchor="limits"), 303)


def _page(error: str = "", given: dict[str, Any] | None = None) -> kit.Answer:
    data = kit.data()
    return kit.render(
        "ollama/machines.html",
        active="gateway",
        standings=_standings(),
        base=_base_address(),
        default=gateway.default_name(data),
        limits=gateway.limits(data),
        keys=[f"key:{key.name}" for key in people.keys(data) if "gateway" in key.scopes],
        error=error,
        given=given or {},
        **lacking(),
    )


def _standings() -> list[pages_standing.Standing]:
    data, known = kit.data(), lacking()["lacking"]
    found = pages_standing.standings(data, settings.machines(data), known, kit.now_ms())
    return sorted(found, key=lambda one: not one.is_default)


def _base_address() -> str:
    """Return the address that clients use: the public one where it is set, else the one this browser used."""
    return (kit.settings().public_url or request.host_url).rstrip("/")


def _whole(text: str) -> Any:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else text or None
