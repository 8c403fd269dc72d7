"""Machines to add, API keys, people, invites and the audit trail."""

from __future__ import annotations

from typing import Any

from flask import redirect, request, url_for

from wakeful_collector.read import audit, fleet, hosts, people
from wakeful_collector.web import kit
from wakeful_collector.web.pages_frame import blueprint

AUDIT_A_PAGE = 100
SCOPES = ("read", "operate", "gateway", "admin")
USER_SCOPES = ("read", "operate", "admin")
LIFETIMES = ((1, "1 hour"), (24, "24 hours"), (168, "7 days"), (720, "30 days"))
NEW_HOSTS = 8


@kit.page(blueprint, "/machines/add")
def machines() -> kit.Answer:
    """Show how a machine is added, and those that came lately."""
    return _machines()


@kit.page(blueprint, "/machines/add", methods=("POST",), scope="admin")
def machines_invite() -> kit.Answer:
    """Make an invite and show the line to paste; it is shown once."""
    given = {
        "hours": _whole("hours", 24),
        "uses": _whole("uses", 1),
        "tags": sorted(set(request.form.get("tags", "").replace(",", " ").split())),
    }
    made, error = _try("invite.create", given)
    return _machines(made, error)


@kit.page(blueprint, "/settings")
def settings() -> kit.Answer:
    """Lead to the first settings page somebody may see."""
    principal = kit.principal()
    is_admin = principal is not None and principal.may("admin")
    return redirect(url_for("pages.settings_keys" if is_admin else "pages.settings_notifications"), 303)


@kit.page(blueprint, "/settings/keys", scope="admin")
def settings_keys() -> kit.Answer:
    """Show API keys."""
    return _keys()


@kit.page(blueprint, "/settings/keys", methods=("POST",), scope="admin")
def settings_keys_change() -> kit.Answer:
    """Make or revoke an API key; a new one is shown once."""
    if request.form.get("do") == "revoke":
        _, error = _try("key.revoke", {"id": request.form.get("id", "")})
        return _keys(None, error) if error else redirect(url_for("pages.settings_keys"), 303)
    days = _whole("days", 0)
    scopes = sorted(set(request.form.getlist("scope")))
    given = {"name": request.form.get("name", "").strip(), "scopes": scopes, "days": days or None}
    if not scopes:
        return _keys(None, "Choose what the key may do.")
    return _keys(*_try("key.create", given))


@kit.page(blueprint, "/settings/people", scope="admin")
def settings_people() -> kit.Answer:
    """Show people and who is signed in."""
    return _people(None)


@kit.page(blueprint, "/settings/people", methods=("POST",), scope="admin")
def settings_people_change() -> kit.Answer:
    """Add, change, lock out or remove a person."""
    form = request.form
    name = form.get("name", "").strip()
    wanted: dict[str, tuple[str, dict[str, Any]]] = {
        "add": (
            "user.add",
            {"name": name, "password": form.get("password") or None, "scope": form.get("scope", "read")},
        ),
        "scope": ("user.set-scope", {"name": name, "scope": form.get("scope", "")}),
        "disable": ("user.disable", {"name": name, "disabled": True}),
        "enable": ("user.disable", {"name": name, "disabled": False}),
        "remove": ("user.remove", {"name": name}),
    }
    if form.get("do") not in wanted:
        kit.abort(400, "invalid", "This form does not say what to do.")
    _, error = _try(*wanted[form["do"]])
    return _people(error) if error else redirect(url_for("pages.settings_people"), 303)


@kit.page(blueprint, "/settings/invites", scope="admin")
def settings_invites() -> kit.Answer:
    """Show invites."""
    return _settings("settings-invites.html", "invites", error=None, invites=hosts.invites(kit.data()))


@kit.page(blueprint, "/settings/invites", methods=("POST",), scope="admin")
def settings_invites_revoke() -> kit.Answer:
    """Revoke an invite."""
    _, error = _try("invite.revoke", {"id": request.form.get("id", "")})
    if error:
        return _settings("settings-invites.html", "invites", error=error, invites=hosts.invites(kit.data()))
    return redirect(url_for("pages.settings_invites"), 303)


@kit.page(blueprint, "/settings/audit", scope="admin")
def settings_audit() -> kit.Answer:
    """Show who did what, newest first, and whether the chain holds."""
    before = kit.number("before", 0, 0, 2**53)
    rows = audit.rows(kit.data(), AUDIT_A_PAGE + 1, before or None)
    following = rows[AUDIT_A_PAGE - 1].id if len(rows) > AUDIT_A_PAGE else None
    trail = audit.verify(kit.data())
    return _settings("settings-audit.html", "audit", rows=rows[:AUDIT_A_PAGE], next=following, trail=trail)


def _machines(made: dict[str, Any] | None = None, error: str | None = None) -> kit.Answer:
    rows = fleet.fleet(kit.data(), kit.now_ms())
    newest = sorted(rows, key=lambda row: -row.host.enrolled_ms)[:NEW_HOSTS]
    line = None if made is None else kit.invite_line(made["invite"])
    install = None if made is None else kit.install_line(made["invite"])
    return kit.render(
        "machines-new.html" if kit.is_part() else "machines.html",
        active="add",
        made=made,
        line=line,
        install=install,
        error=error,
        newest=newest,
        lifetimes=LIFETIMES,
    )


def _keys(made: dict[str, Any] | None = None, error: str | None = None) -> kit.Answer:
    return _settings("settings-keys.html", "keys", made=made, error=error, keys=people.keys(kit.data()), scopes=SCOPES)


def _people(error: str | None) -> kit.Answer:
    users = people.users(kit.data())
    sessions = {user.id: people.sessions(kit.data(), user.id) for user in users}
    return _settings("settings-people.html", "people", error=error, users=users, sessions=sessions, scopes=USER_SCOPES)


def _settings(template: str, section: str, **context: Any) -> kit.Answer:
    return kit.render(template, active="settings", section=section, **context)


def _try(operation: str, given: dict[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
    """Run an operation; what it refuses is shown beside the form."""
    try:
        return kit.run(operation, given), None
    except kit.OperationError as error:
        if error.status in {401, 403}:
            raise
        return None, error.message


def _whole(name: str, default: int) -> int:
    text = request.form.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else default
