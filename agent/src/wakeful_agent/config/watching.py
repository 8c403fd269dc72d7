"""Reading `[[watch]]` of agent.toml: what is kept alive here."""

from __future__ import annotations

import re

from wakeful_agent.config.orders import WatchSetting
from wakeful_agent.config.parameter import check_arguments
from wakeful_agent.config.settings import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Mapping, Sequence

    from wakeful_agent.config.orders import KnownWatch
    from wakeful_agent.config.parameter import Parameter
    from wakeful_agent.config.tables import Table

    Parameters = Callable[[str], Sequence[Parameter] | None]
    """Returns the parameters of an action by its name, None for what is no action here."""

EVERY = "all"
WATCHES_MAX = 256
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
BOUNDS: dict[str, tuple[float, float]] = {
    "window_seconds": (10, 86_400),
    "debounce_seconds": (0, 3600),
    "backoff_seconds": (1, 3600),
    "backoff_max_seconds": (1, 86_400),
    "verify_seconds": (1, 3600),
    "steady_seconds": (0, 3600),
}
ATTEMPTS_MAX = 100
KEYS = ("name", "kind", "action", "arguments", "attempts", *BOUNDS, "respect_stop", "dry_run")
_DEFAULTS = WatchSetting("", "")


def read_watch(
    watch: Table, known: Mapping[str, Callable[[], KnownWatch]], before: Sequence[WatchSetting], parameters: Parameters
) -> WatchSetting | None:
    """Return what one `[[watch]]` says, or None when something is wrong; `before` are those that stand before it."""
    name = watch.text("name")
    if not NAME.fullmatch(name):
        watch.say("name", "must be 1 to 64 letters, digits, '.', '_' or '-'", 'such as name = "survival"')
    elif name == EVERY:
        watch.say("name", f"must not be {EVERY!r}, which stands for every watch where one is asked for")
    elif name in [one.name for one in before]:
        watch.say("name", f"is {name!r}, which another watch has", "every watch has a name of its own")
    watch.called = f"watch {name}" if name else watch.called
    kind = watch.text("kind")
    if kind not in known:
        watch.say("kind", f"is {kind!r}, which is no kind of watch", nearest(kind, known))
        return None
    options = _options(watch, known[kind]())
    action, arguments = _repair(watch, known[kind](), parameters)
    spans = {key: watch.number(key, getattr(_DEFAULTS, key), *bounds) for key, bounds in BOUNDS.items()}
    if spans["backoff_seconds"] > spans["backoff_max_seconds"]:
        watch.say("backoff_max_seconds", "is less than backoff_seconds")
    setting = WatchSetting(
        name=name,
        kind=kind,
        options=options,
        action=action,
        arguments=arguments,
        attempts=int(watch.number("attempts", _DEFAULTS.attempts, 1, ATTEMPTS_MAX, whole=True)),
        respect_stop=watch.flag("respect_stop", True),
        dry_run=watch.flag("dry_run", False),
        **spans,
    )
    return None if watch.wrong or _fights(watch, setting, before, known[kind]()) else setting


def _fights(watch: Table, setting: WatchSetting, before: Sequence[WatchSetting], kind: KnownWatch) -> bool:
    subject = kind.subject(setting.options)
    for other in before:
        if subject and other.kind == setting.kind and kind.subject(other.options) == subject:
            watch.say("kind", f"keeps what the watch {other.name} keeps: {subject}", "one watch for one thing")
            return True
    return False


def _options(watch: Table, kind: KnownWatch) -> dict[str, Any]:
    given = {key: value for key, value in watch.body.items() if key not in KEYS}
    for option in kind.options:
        if option.secret and option.name in given:
            hint = f"name a file of its own with {option.name}_file"
            watch.say(option.name, "is a secret and must not stand in agent.toml", hint)
            del given[option.name]
    for sentence in kind.check(given):
        name, _, text = sentence.partition(" ")
        watch.say(name, text)
    for name in kind.required:
        if name not in given:
            watch.say(name, "must be given", next((one.help for one in kind.options if one.name == name), ""))
    return given


def _repair(watch: Table, kind: KnownWatch, parameters: Parameters) -> tuple[str, dict[str, Any]]:
    action = watch.text("action")
    arguments = watch.table("arguments").body
    if not action:
        if not kind.acts:
            watch.say(
                "action", "must be given: this kind cannot repair by itself", "name one of this file's [[action]]s"
            )
        elif arguments:
            watch.say("arguments", "are for an action, and none is named")
        return "", {}
    takes = parameters(action)
    if takes is None:
        watch.say("action", f"is {action!r}, which is no action here", "write an [[action]] of this name")
        return action, arguments
    taken, problems = check_arguments(takes, arguments)
    for sentence in problems:
        watch.say("arguments", f"for {action}: {sentence}")
    return action, taken
