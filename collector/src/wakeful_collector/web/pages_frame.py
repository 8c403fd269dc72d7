"""What every page shares: the blueprint, the globals of the templates, and how a part of a page is answered."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from flask import Blueprint, request, url_for

from wakeful_collector.read import incidents, traffic
from wakeful_collector.web import kit, pages_icons, pages_sparks, pages_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.sansio.blueprints import BlueprintSetupState

blueprint = Blueprint("pages", __name__)
STATIC = Path(__file__).parent / "static"
NAVIGATION = (
    kit.Place("fleet", "pages.fleet", "Fleet"),
    kit.Place("timeline", "pages.timeline", "Timeline"),
    kit.Place("events", "pages.events", "Events"),
    kit.Place("add", "pages.machines", "Add a machine"),
    kit.Place("settings", "pages.settings", "Settings"),
)
AFTER_ROOMS = -2
for _name, _filter in pages_text.FILTERS.items():
    blueprint.add_app_template_filter(cast("Callable[..., Any]", _filter), _name)


@blueprint.record
def _finalize(state: BlueprintSetupState) -> None:
    """Let no text of a template, wherever it comes from, turn the order of the text around it."""
    state.app.jinja_env.finalize = pages_text.plain


@lru_cache(maxsize=256)
def _digest(name: str, _changed_ns: int) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def asset(name: str) -> str:
    """Return the address of a static file with its content's hash, so that browsers may keep it for ever.

    Modules import each other by plain name, so scripts keep the plain address and are asked for again each time.
    """
    if name.startswith("js/"):
        return url_for("static", filename=name)
    try:
        version = _digest(name, (STATIC / name).stat().st_mtime_ns)
    except OSError:
        return url_for("static", filename=name)
    return url_for("static", filename=name, v=version)


def navigation() -> tuple[kit.Place, ...]:
    """Return the entries of the main navigation; those of rooms stand before what is done once in a while."""
    return (*NAVIGATION[:AFTER_ROOMS], *kit.state().navigation, *NAVIGATION[AFTER_ROOMS:])


@blueprint.app_context_processor
def frame() -> dict[str, Any]:
    """Return what the frame of a page needs, error pages included."""
    theme = request.cookies.get("theme", "")
    return {
        "asset": asset,
        "nav_items": navigation(),
        "theme": theme if theme in {"dark", "light"} else "",
        "account_url": "/account",
        "sign_out_url": "/sign-out",
        "docs_url": "/api/docs",
        "icon": pages_icons.icon,
        "mark": pages_icons.mark,
        "spark": pages_sparks.spark,
        "gauge": pages_sparks.gauge,
        "full_since": _full_since,
        "untaken_count": _untaken_count,
    }


def _full_since() -> int | None:
    return traffic.condition(kit.data()).full_since_ms if kit.principal() is not None else None


def _untaken_count() -> int:
    """Return how many incidents go on that nobody has taken on."""
    return incidents.counts(kit.data())[1] if kit.principal() is not None else 0
