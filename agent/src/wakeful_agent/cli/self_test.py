"""`wakeful-agent self-test`: what this build holds, and whether its parts work here."""

from __future__ import annotations

from importlib import import_module

from wakeful_agent import bootstrap
from wakeful_agent.cli.exits import FAILURE, OK
from wakeful_agent.cli.place import here, painted, show_json
from wakeful_agent.host.log import Log
from wakeful_wire import __version__, packing
from wakeful_wire.push import parse_push

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Callable


def main(chosen: argparse.Namespace) -> int:
    """Print the contents and the checks; 1 when a check fails."""
    contents = bootstrap.contents()
    checks = {name: _outcome(check) for name, check in CHECKS.items()}
    good = not any(checks.values())
    if chosen.json:
        show_json({"version": __version__, "ok": good, "contents": contents, "checks": checks})
        return OK if good else FAILURE
    print(f"wakeful-agent {__version__}")
    for kind, names in contents.items():
        print(f"{kind}: {', '.join(names) or 'none'}")
    for name, problem in checks.items():
        print(painted(f"{'ok  ' if not problem else 'FAIL'} {name}" + (f": {problem}" if problem else ""), not problem))
    return OK if good else FAILURE


def _outcome(check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _push() -> None:
    place = here()._replace(environ={})
    push = bootstrap.collect_once(place._replace(folders=place.folders._replace(config="/nonexistent")), Log("error"))
    parse_push(packing.parse_json(packing.inflate(packing.pack(push))))


def _key() -> None:
    from wakeful_agent.transport.enrolment import new_key

    new_key()


def _tls() -> None:
    from wakeful_agent.network.tls import context

    context(None, None)


def _toml() -> None:
    from wakeful_agent.config.document import parse_document

    parse_document("a = 1", "")[0]["a"].bit_length()


def _meters() -> None:
    from wakeful_agent import meters

    for meter in meters.classes():
        meter()


def _actions_and_watches() -> None:
    from wakeful_agent import actions, watches

    for name in actions.names():
        actions.load(name)()
    for kind in watches.names():
        watches.load(kind)


def _libraries() -> None:
    from wakeful_agent.host import wake

    wake.packet("02:00:00:00:00:01")
    import_module("wakeful_agent.network.websocket")


CHECKS: dict[str, Callable[[], None]] = {
    "every meter can be loaded": _meters,
    "every action and every kind of watch can be loaded": _actions_and_watches,
    "one collection is a valid push": _push,
    "libraries that are loaded when they are needed are here": _libraries,
    "keys can be made": _key,
    "TLS can be spoken": _tls,
    "TOML can be read": _toml,
}
