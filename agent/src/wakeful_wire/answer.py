"""What the collector answers to a push, as the agent reads it."""

from __future__ import annotations

from wakeful_wire import check, limits
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Command(NamedTuple):
    """One order: an announced action by name, its arguments, and until when it may run."""

    id: str
    action: str
    arguments: dict[str, Any]
    expires_ms: int


class Answer(NamedTuple):
    """A push was accepted and is durable.

    `config` is the raw document to be read by `tuning.parse_tuning`; `live_until_ms` says until when to sample every
    second; `wants` lists what the collector misses: `hello`, or the names of inventories as `inventory:NAME`.
    """

    sequence: int
    config: dict[str, Any] | None
    commands: list[Command]
    live_until_ms: int
    wants: list[str]


def parse_answer(value: Any, sequence: int) -> Answer:
    """Read the answer to push `sequence`; raise WireError when it is not one, so that the push is sent again."""
    body = check.mapping(value, "answer", 64)
    answered = check.whole(body.get("sequence"), "answer.sequence", 0, limits.SEQUENCE_MAX)
    if answered != sequence:
        raise check.refuse("answer.sequence", f"is {answered}, sent was {sequence}")
    config = body.get("config")
    wants = check.sequence(body.get("want", []), "answer.want", limits.INVENTORIES_MAX + 1)
    return Answer(
        sequence=answered,
        config=None if config is None else _config(config),
        commands=[
            _command(item, f"answer.commands[{index}]")
            for index, item in enumerate(
                check.sequence(body.get("commands", []), "answer.commands", limits.COMMANDS_MAX)
            )
        ],
        live_until_ms=check.whole(body.get("live", 0), "answer.live", 0, limits.TIME_MS_MAX),
        wants=[check.word(item, "answer.want", limits.SHORT_TEXT_CHARACTERS_MAX) for item in wants],
    )


def _config(value: Any) -> dict[str, Any]:
    config = check.mapping(value, "answer.config", 64)
    check.depth(config, "answer.config", limits.CONFIG_DEPTH_MAX)
    return config


def _command(item: Any, where: str) -> Command:
    body = check.mapping(item, where, 16)
    arguments = check.mapping(body.get("arguments", {}), f"{where}.arguments", 64)
    check.depth(arguments, f"{where}.arguments", 8)
    return Command(
        id=check.word(body.get("id"), f"{where}.id", 64),
        action=check.word(body.get("action"), f"{where}.action", limits.NAME_CHARACTERS_MAX),
        arguments=arguments,
        expires_ms=check.whole(body.get("expires"), f"{where}.expires", 0, limits.TIME_MS_MAX),
    )
