"""The pages of what agent.toml may say: its settings, what is kept alive, what may be asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tables import code, codes, number, page, sentence, span, table

from wakeful_agent import actions, watches
from wakeful_agent.config import parameter, watching
from wakeful_agent.config.orders import WATCH_ACTIONS, WatchSetting
from wakeful_agent.config.settings import METER_INTERVAL_SECONDS_MAX, SETTINGS, Setting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wakeful_agent.options import Option

OPTION_HEADS = ("option", "default", "takes", "meaning")
_KINDS = {
    "text": "text",
    "url": "URL",
    "listen": "address:port",
    "number": "number",
    "whole": "whole number",
    "flag": "true or false",
    "list": "list of text",
    "key": "public key in base64",
}


def settings() -> str:
    """Return the page of the agent's settings."""
    rows = [
        (code(one.key), _default(one.default), _takes(one), sentence(one.help) + _file_only(one)) for one in SETTINGS
    ]
    return page(
        "Settings of the agent",
        "Every setting of `agent.toml`, as the agent checks them. [The agent](../agent.md) says where the file"
        " is, what goes"
        " before it and who may write it; `wakeful-agent show-config --sample` prints a file with all of them.",
        table(("key", "default", "takes", "meaning"), rows),
        "## Meters",
        "Each `[meters.NAME]` takes `enabled`, `interval_seconds` (1 to "
        f"{number(METER_INTERVAL_SECONDS_MAX)}) and the options of [that meter](meters.md).",
        "## What may be asked, and what is kept alive",
        "`[policy]`, `[[action]]` and its parameters stand in [actions](../actions.md), the agent's own actions"
        " and what bounds"
        " them in [a page of their own](actions.md). `[[watch]]` stands in [watches](../watches.md), its kinds"
        " and their options in"
        " [a page of their own](watches.md).",
    )


def kept_alive() -> str:
    """Return the page of the kinds of watches."""
    parts = []
    for name in watches.names():
        kind = watches.load(name)
        acts = "It repairs by itself." if kind.acts else "It cannot repair by itself: `action` must name what does."
        seen = "It hears what happens." if kind.hears else f"It is looked at every {kind.interval_seconds:g} s."
        parts += [f"## {name}", f"{_about(kind)} {seen} {acts}", options(kind.options, kind.required, all_local=True)]
        if kind.verbs:
            asked = [(code(verb.name), verb.danger, sentence(verb.help)) for verb in kind.verbs]
            parts += [
                "It can be asked for more, where `[policy]` allows it:",
                table(("action", "danger", "meaning"), asked),
            ]
    return page(
        "Kinds of watches",
        "What `[[watch]]` of `agent.toml` takes. [Watches](../watches.md) says what is done when, with examples.",
        "## Every watch",
        "`name`, `kind`, `action`, `arguments`, and what decides when it is repaired;"
        " [their meaning](../watches.md#what-every-watch-has):",
        _bounds(),
        *parts,
    )


def asked() -> str:
    """Return the page of the agent's own actions."""
    parts = []
    for name in actions.names():
        kind = actions.load(name)
        takes = [
            (
                code(one.name),
                "must be given" if one.required else _default(one.default),
                _argument(one),
                sentence(one.help),
            )
            for one in kind().parameters
        ]
        parts += [
            f"## {name}",
            f"{sentence(kind.help)} {_about(kind)} Danger: {code(kind.danger)}.",
            table(("argument", "default", "takes", "meaning"), takes),
            f"`[policy.{name}]` of `agent.toml`:" if kind.options else "",
            options(kind.options, all_local=True),
        ]
    verbs = [
        (code(verb.name), verb.danger, f"a watch of the kind {code(name)}", sentence(verb.help))
        for name in watches.names()
        for verb in watches.load(name).verbs
    ]
    every = [(code(name), "changes", "every watch", "") for name in WATCH_ACTIONS]
    return page(
        "Actions of the agent",
        "What an agent can be asked for, where its machine's own `agent.toml` permits it by name;"
        " [actions](../actions.md) says"
        " who decides what.",
        *parts,
        "## Of watches",
        table(("action", "danger", "offered by", "meaning"), [*every, *verbs]),
    )


def options(given: Sequence[Option], required: Sequence[str] = (), all_local: bool = False) -> str:
    """Return the table of a meter's, a watch's or an action's options; `all_local`: the page says so of all of them."""
    rows = []
    for one in given:
        notes = " Only in `agent.toml`." if one.local and not all_local else ""
        if one.secret:
            notes += f" A secret: never in the file; name one with `{one.name}_file`."
        default = "must be given" if one.name in required else _default(one.default)
        rows.append((code(one.name), default, _option(one), sentence(one.help) + notes))
    return table(OPTION_HEADS, rows)


def _about(kind: type) -> str:
    return " ".join((kind.__doc__ or "").split("\n\n")[0].split())


def _option(one: Option) -> str:
    if isinstance(one.default, bool):
        return "true or false"
    if isinstance(one.default, (int, float)):
        return span(one.least, one.most) or "number"
    if isinstance(one.default, dict):
        return "table of lists of text"
    return "list of text" if isinstance(one.default, list) else "text"


def _argument(one: parameter.Parameter) -> str:
    if one.kind == parameter.NUMBER:
        return span(one.least, one.most)
    if one.kind == parameter.TEXT:
        return f"text like {code(one.pattern)}"
    return "one of those that the file names" if one.kind == parameter.CHOICE else "true or false"


def _takes(one: Setting) -> str:
    if one.choices:
        return codes(one.choices)
    if one.most:
        return span(one.least, one.most)
    return _KINDS[one.kind] + (f", such as {code(one.example)}" if one.example else "")


def _file_only(one: Setting) -> str:
    return " No environment variable says it." if one.file_only else ""


def _bounds() -> str:
    """Return the table of what every watch may say, with the defaults and bounds of what has some."""
    defaults = WatchSetting("", "")
    extents = {key: span(*bounds, "s") for key, bounds in watching.BOUNDS.items()}
    extents["attempts"] = span(1, watching.ATTEMPTS_MAX)
    rows = [
        (code(key), _default(getattr(defaults, key)), extents.get(key, ""))
        for key in watching.KEYS
        if key not in {"name", "kind", "action", "arguments"}
    ]
    return table(("key", "default", "takes"), [(key, value, takes or "true or false") for key, value, takes in rows])


def _default(value: Any) -> str:
    if value in (None, "", [], {}, ()):
        return ""
    if isinstance(value, float):
        return code(f"{value:.15g}")
    return code(json.dumps(value) if not isinstance(value, str) else value)
