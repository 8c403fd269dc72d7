"""Buttons: a form becomes an operation, and what comes of it is shown until it has ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, redirect, request

from wakeful_collector.model import announced
from wakeful_collector.operations.registry import DANGERS
from wakeful_collector.read import channels, commands, deliveries, hosts
from wakeful_collector.web import kit, pages_actions, pages_commands, pages_permits
from wakeful_collector.web.pages_frame import blueprint

if TYPE_CHECKING:
    from wakeful_collector.model.host import Host
    from wakeful_collector.operations.registry import Operation

OF_MACHINES = frozenset({"host.command", "server.power", "watch.pause", "watch.resume", "watch.repair"})
"""What a machine's agent is asked for: it is as dangerous as the machine announced it."""

DONE = {
    "command.cancel": "Taken back before any machine was told.",
    "incident.acknowledge": "Taken on: nobody else is called for it.",
    "delivery.retry": "It is tried again now.",
    "host.mark": "Noted.",
    "channel.remove": "Removed. What waited for it was given up.",
}
OFFERED = OF_MACHINES | {"host.wake", "channel.test"} | DONE.keys()
"""The operations that have buttons."""

ELSEWHERE = frozenset({"host.mark", "channel.remove"})
"""After these the whole page is another one: it is loaded anew."""

FLAGS = {"yes": True, "no": False}
"""How a button's form writes what is either so or not."""

CHANGED = {"HX-Trigger": "wakeful:changed"}
"""Tells the page's script that what it shows may have changed."""


@kit.page(blueprint, "/ask/<name>", methods=("POST",))
def ask(name: str) -> kit.Answer:
    """Run an operation that a button asks for; the page's script gets a note of it, anybody else the page again."""
    offers = kit.state().offers
    if name not in OFFERED and name not in offers:
        kit.abort(404, "not_found", "There is no such button.")
    operation = kit.state().registry.get(name)
    back = kit.local_path(request.form.get("back", "/"))
    try:
        given = _given(operation)
        _check_typed(operation, given)
        answer = kit.run(name, given)
    except kit.OperationError as error:
        if not kit.is_part() or error.status == 401:
            raise
        return kit.render("asked-note.html", mood="bad", title="That was not done.", text=error.message)
    if not kit.is_part():
        return redirect(back, 303)
    note = _changed(_note(name, answer))
    if name in ELSEWHERE or (name in offers and offers[name].elsewhere):
        note.headers["HX-Redirect"] = back
    return note


@kit.page(blueprint, "/asked/commands/<command_id>")
def asked_command(command_id: str) -> kit.Answer:
    """Answer how a command stands; nothing while that is what the page shows already."""
    found = commands.command(kit.data(), command_id)
    if found is None:
        kit.abort(404, "unknown_command", "There is no such command.")
    if found.state.value == request.args.get("seen"):
        return Response(status=204)
    return _changed(_command(command_id))


@kit.page(blueprint, "/asked/deliveries/<delivery_id>", scope="operate")
def asked_delivery(delivery_id: str) -> kit.Answer:
    """Answer how a message fares; nothing while that is what the page shows already."""
    found = deliveries.delivery(kit.data(), delivery_id)
    if found is None:
        kit.abort(404, "unknown_delivery", "There is no such delivery.")
    if found.state == request.args.get("seen"):
        return Response(status=204)
    return _changed(kit.render("asked-delivery.html", delivery=found))


def _note(name: str, answer: dict[str, Any]) -> Response:
    if answer.get("command"):
        return _command(answer["command"], answer.get("why", ""))
    if name == "channel.test" and answer.get("delivery"):
        return kit.render("asked-delivery.html", delivery=deliveries.delivery(kit.data(), answer["delivery"]))
    if name == "host.wake":
        said = f"{answer.get('summary', '')}: {answer.get('why', '')}".strip(": ")
        return kit.render("asked-note.html", mood="ok", title="The packet was sent.", text=said)
    offer = kit.state().offers.get(name)
    if offer is not None and offer.note is not None:
        return offer.note(answer)
    done = DONE.get(name, "") if offer is None else offer.done
    return kit.render("asked-note.html", mood="ok", title="Done.", text=done)


def _command(command_id: str, why: str = "") -> Response:
    found = commands.command(kit.data(), command_id)
    host = None if found is None else hosts.by_key(kit.data(), found.host_key)
    line = None if found is None else pages_commands.line(found, host, kit.now_ms())
    return kit.render("asked-command.html", line=line, why=why)


def _changed(answer: Response) -> Response:
    answer.headers.update(CHANGED)
    return answer


def _given(operation: Operation) -> dict[str, Any]:
    """Return the operation's arguments that the form holds, in the types that its schema names."""
    form = request.form
    found: dict[str, Any] = {}
    for name, schema in operation.arguments["properties"].items():
        text = form.get(name, "").strip()
        kinds = schema.get("type")
        if text and kinds in ("integer", ["integer", "null"]) and text.isascii() and text.isdigit() and len(text) < 16:
            found[name] = int(text)
        elif text and kinds in ("number", ["number", "null"]):
            found[name] = float(text) if text.replace(".", "", 1).isdecimal() and len(text) < 64 else text
        elif text in FLAGS and kinds == "boolean":
            found[name] = FLAGS[text]
        elif text:
            found[name] = text
    if operation.name == "host.command":
        host = _host(found)
        actions = [] if host is None else announced.announced(host.hello)
        action = announced.find(actions, str(found.get("action", "")), form.get(f"{pages_actions.PREFIX}watch"))
        found["arguments"] = pages_actions.arguments(action, form)
    return found


def _check_typed(operation: Operation, given: dict[str, Any]) -> None:
    """Raise OperationError when something would be destroyed and its name was not typed."""
    name = _name_to_type(operation, given)
    if name and request.form.get("confirm", "").strip() != name.strip():
        raise kit.OperationError("not_confirmed", f'what would be destroyed was not named: type "{name}"', 400)


def _name_to_type(operation: Operation, given: dict[str, Any]) -> str:
    if operation.name in OF_MACHINES:
        host = _host(given)
        if host is None:
            return ""  # the operation itself says that there is none
        action, watch = pages_permits.action_of(operation.name, given)
        danger = pages_permits.permits(host, kit.principal()).danger(action, watch)
        return (watch or host.name) if danger == DANGERS[-1] else ""
    if operation.danger != DANGERS[-1]:
        return ""
    offer = kit.state().offers.get(operation.name)
    if offer is not None:
        return str(given.get(operation.subject, "")) if offer.typed is None else offer.typed(given)
    channel = channels.channel(kit.data(), str(given.get("id", "")))
    return "" if channel is None else channel.name


def _host(given: dict[str, Any]) -> Host | None:
    return hosts.host(kit.data(), str(given.get("host", "")))
