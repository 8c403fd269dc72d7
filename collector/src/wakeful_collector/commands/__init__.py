"""Commands: asked for, handed out with the answers to pushes, brought to their end by results or by time."""

from wakeful_collector.commands.asking import Asked, Refusal, Wish, ask, cancel
from wakeful_collector.commands.ending import expire, prune, take_results
from wakeful_collector.commands.handing import NOTHING, Handed, hand_out

__all__ = [
    "NOTHING",
    "Asked",
    "Handed",
    "Refusal",
    "Wish",
    "ask",
    "cancel",
    "expire",
    "hand_out",
    "prune",
    "take_results",
]
