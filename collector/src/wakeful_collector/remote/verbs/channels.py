"""channels: who is told of what goes wrong, and whether that arrives."""

from __future__ import annotations

from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote.client import path
from wakeful_collector.remote.failure import FAILED, OK, TIMED_OUT, usage
from wakeful_collector.remote.moments import ago, local
from wakeful_collector.remote.table import Cell, Column, Styled
from wakeful_collector.remote.verbs.deliveries import STYLES, channels, named, tell

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from wakeful_collector.remote.session import Session

ABOUT = """\
Needs a key with the scope operate. A test is sent at once and waited for; its exit code says whether it arrived.
Channels are added by wakeful run channel.add; wakeful deliveries lists what was sent."""
EXAMPLES = """\
wakeful channels
wakeful channels show pager
wakeful channels test pager
"""
TEST_SECONDS = 60
_LOOK_SECONDS = 0.3
_SENDING = {"waiting", "claimed"}
_HEADS = (
    Column("NAME", 10),
    Column("SENDS", 8, spare=3),
    Column("TO", 14, spare=2),
    Column("ABOUT", 10, spare=1),
    Column("LAST"),
    Column("WHEN", right=True),
)


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    from wakeful_collector.remote.moments import seconds_of

    parser.add_argument("what", nargs="?", choices=("show", "test"), help="show a channel whole, or send a test to it")
    parser.add_argument("channel", nargs="?", metavar="CHANNEL", help="the channel's name or id")
    wait = f"how long to wait for the test (default: {TEST_SECONDS}s)"
    parser.add_argument("--wait", type=seconds_of, default=TEST_SECONDS, metavar="TIME", help=wait)


def run(session: Session, given: argparse.Namespace) -> int:
    """List channels, show one, or test one."""
    found = channels(session)
    if given.what is not None:
        if given.channel is None:
            raise usage("which channel?", f"wakeful channels {given.what} CHANNEL")
        one = named(found, given.channel)
        return _test(session, one, given.wait) if given.what == "test" else _show(session, one)
    if session.json:
        session.out.document({"channels": found})
    elif not found:
        session.err.line("Nobody is told of anything yet; wakeful operations channel.add says how.")
    else:
        session.out.table(_HEADS, [_row(one, session.now_ms) for one in found])
    return OK


def _test(session: Session, channel: Mapping[str, Any], wait_seconds: float) -> int:
    answer = session.client.post(path("operations", "channel.test"), {"id": channel.get("id")})
    result = answer.get("result") or {}
    found = _followed(session, str(result.get("delivery")), wait_seconds)
    if session.json:
        session.out.document({**answer, "delivery": found})
    else:
        tell(session, found)
    if found.get("state") == "delivered":
        return OK
    return FAILED if found.get("error") else TIMED_OUT


def _followed(session: Session, number: str, wait_seconds: float) -> dict[str, Any]:
    """Return the delivery once it was tried, or as it stands when patience ends."""
    deadline = monotonic() + wait_seconds
    while True:
        found: dict[str, Any] = session.client.get(path("deliveries", number))
        if found.get("state") not in _SENDING or found.get("error") or monotonic() >= deadline:
            return found
        sleep(_LOOK_SECONDS)


def _show(session: Session, channel: dict[str, Any]) -> int:
    if session.json:
        session.out.document(channel)
        return OK
    quiet = channel.get("quiet")
    rows: list[tuple[str, Cell]] = [
        ("channel", str(channel.get("id"))),
        ("sends", str(channel.get("service") or channel.get("kind") or "")),
        ("to", str(channel.get("address") or "")),
        *((word, ", ".join(_words(channel, word))) for word in ("hosts", "tags", "kinds", "moments")),
        ("quiet", ", ".join(f"{name} {value}" for name, value in quiet.items()) if isinstance(quiet, dict) else ""),
        ("made", f"{local(channel.get('made'))} by {channel.get('made_by')}"),
    ]
    off = "" if channel.get("enabled", True) else Styled("  off", "warn")
    session.out.line(Styled(str(channel.get("name")), "bold"), off)
    session.out.pairs(rows, "  ")
    if isinstance(channel.get("last"), dict):
        tell(session, channel["last"], "  ")
    return OK


def _words(channel: Mapping[str, Any], name: str) -> list[str]:
    found = channel.get(name)
    return [str(one) for one in found] if isinstance(found, list) else []


def _row(channel: Mapping[str, Any], now_ms: int) -> list[Cell]:
    name, last = str(channel.get("name")), channel.get("last")
    state = str(last.get("state")) if isinstance(last, dict) else ""
    told = last.get("ended") or last.get("made") if isinstance(last, dict) else None
    wishes = [*_words(channel, "hosts"), *(f"tag {one}" for one in _words(channel, "tags")), *_words(channel, "kinds")]
    return [
        name if channel.get("enabled", True) else Styled(f"{name} (off)", "dim"),
        str(channel.get("service") or channel.get("kind") or ""),
        str(channel.get("address") or ""),
        ", ".join(wishes) or "everything",
        Styled(state, STYLES.get(state, "")) if state else Styled("never", "dim"),
        ago(told, now_ms) if told else "",
    ]
