"""Commands: asked for, handed out with the answers to pushes, brought to their end by results or by time."""

from wakeful_collector.commands.asking import Asked, Refusal, Wish, ask, cancel, note_done
from wakeful_collector.commands.ending import expire, prune, take_results
from wakeful_collector.commands.handing import NOTHING, Handed, hand_out
from wakeful_collector.commands.waiting import Waiting

__all__ = [
    "NOTHING",
    "Asked",
    "Handed",
    "Refusal",
    "Waiting",
    "Wish",
    "ask",
    "cancel",
    "expire",
    "hand_out",
    "note_done",
    "prune",
    "take_results",
]
