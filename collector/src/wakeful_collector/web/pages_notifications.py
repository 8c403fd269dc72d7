"""Settings of who is told: channels, the messages that went to them, and what reached nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from flask import redirect, request, url_for

from wakeful_collector.model import channel as shapes
from wakeful_collector.model import incident
from wakeful_collector.model.delivery import CLAIMED, DEAD, DELIVERED, SUPERSEDED, WAITING
from wakeful_collector.read import channels, deliveries, incidents
from wakeful_collector.web import kit
from wakeful_collector.web.pages_frame import blueprint

if TYPE_CHECKING:
    from wakeful_collector.read.channels import ChannelRecord

DELIVERIES_A_PAGE = 50
MOMENTS = {
    incident.OPENED: "something needs a person",
    incident.OVER: "it is over",
    incident.HEALED: "it healed before anybody was called",
}
KINDS = {
    incident.WATCH: "things kept alive",
    incident.BLIND: "watches that see nothing",
    incident.HOST: "silent machines",
    incident.GATEWAY: "machines of the gateway",
    incident.PROXMOX: "Proxmox clusters",
}
STATES = {
    WAITING: ("none", "waits"),
    CLAIMED: ("none", "is being sent"),
    DELIVERED: ("ok", "delivered"),
    DEAD: ("bad", "given up"),
    SUPERSEDED: ("none", "not needed any more"),
}
VIEWS = (("", "All"), (DEAD, "Given up"), (WAITING, "Waiting"))
_ADMIN = "admin"


@kit.page(blueprint, "/settings/notifications", scope="operate")
def settings_notifications() -> kit.Answer:
    """Show channels and deliveries, or the deliveries alone when the page's script asks."""
    if kit.is_part():
        return kit.render("deliveries.html", **_log())
    return _page()


@kit.page(blueprint, "/settings/notifications", methods=("POST",), scope="admin")
def settings_notifications_add() -> kit.Answer:
    """Add a channel; the secret that signs a webhook's messages is shown once."""
    given = {"name": _text("name"), "kind": _text("kind"), **_address(), **_wishes()}
    try:
        made = kit.run("channel.add", given)
    except kit.OperationError as error:
        return _refused(error, _page, given=given)
    return _page(made=made)


@kit.page(blueprint, "/settings/notifications/<channel_id>", scope="admin")
def settings_channel(channel_id: str) -> kit.Answer:
    """Show a channel to be changed."""
    return _edit_page(_channel(channel_id))


@kit.page(blueprint, "/settings/notifications/<channel_id>", methods=("POST",), scope="admin")
def settings_channel_change(channel_id: str) -> kit.Answer:
    """Change a channel; its address stays when no other is given."""
    found = _channel(channel_id)
    address = _address() if _text("url") else {}
    given = {"id": channel_id, "name": _text("name"), "enabled": "enabled" in request.form, **address, **_wishes()}
    try:
        made = kit.run("channel.edit", given)
    except kit.OperationError as error:
        return _refused(error, _edit_page, found)
    if made["secret"]:
        return _page(made=made)
    return redirect(url_for("pages.settings_notifications"), 303)


def _page(
    made: dict[str, Any] | None = None, error: str | None = None, given: dict[str, Any] | None = None
) -> kit.Answer:
    principal = kit.principal()
    return kit.render(
        "settings-notifications.html",
        active="settings",
        section="notifications",
        channels=channels.channels(kit.data()),
        made=made,
        error=error,
        given=given or {},
        wishes=shapes.Wishes(),
        lacking=kit.lacks(principal, _ADMIN),
        **_choices(),
        **_log(),
    )


def _edit_page(found: ChannelRecord, error: str | None = None) -> kit.Answer:
    return kit.render(
        "settings-channel.html",
        active="settings",
        section="notifications",
        channel=found,
        error=error,
        given={},
        wishes=found.wishes,
        readable=channels.is_readable(kit.data(), found.id),
        **_choices(),
    )


def _choices() -> dict[str, Any]:
    return {"moments": MOMENTS, "kinds": KINDS, "zones": sorted(available_timezones())}


def _log() -> dict[str, Any]:
    state = request.args.get("state", "")
    state = state if state in STATES else ""
    try:
        page = deliveries.deliveries(
            kit.data(), state or None, before=request.args.get("before"), limit=DELIVERIES_A_PAGE
        )
    except ValueError:
        kit.abort(400, "invalid_cursor", "The page you asked for is not one of this list.")
    named = {one.incident for one in page.deliveries if one.incident}
    about = {name: incidents.incident(kit.data(), name) for name in named}
    return {
        "deliveries": page.deliveries,
        "deliveries_next": page.next,
        "about": about,
        "counts": deliveries.counts(kit.data()),
        "states": STATES,
        "told": MOMENTS | {incident.TEST: "a test"},
        "view": state,
        "views": VIEWS,
    }


def _refused(error: kit.OperationError, page: Any, *shown: Any, **more: Any) -> kit.Answer:
    if error.status in {401, 403}:
        raise error
    answer: kit.Answer = page(*shown, error=error.message, **more)
    return answer


def _channel(channel_id: str) -> ChannelRecord:
    found = channels.channel(kit.data(), channel_id)
    if found is None:
        kit.abort(404, "unknown_channel", "There is no such channel. It may have been removed.")
    return found


def _address() -> dict[str, Any]:
    given: dict[str, Any] = {name: _text(name) for name in ("url", "secret", "fingerprint") if _text(name)}
    return given | ({"allow_private": True} if "allow_private" in request.form else {})


def _wishes() -> dict[str, Any]:
    form = request.form
    begins, ends = _text("begins"), _text("ends")
    quiet = {"begins": begins, "ends": ends, "zone": _text("zone") or "UTC"} if begins or ends else None
    listed = {name: list(dict.fromkeys(form.get(name, "").replace(",", " ").split())) for name in ("hosts", "tags")}
    return {**listed, "kinds": form.getlist("kinds"), "moments": form.getlist("moments"), "quiet": quiet}


def _text(name: str) -> str:
    return request.form.get(name, "").strip()
