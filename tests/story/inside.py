"""Run inside of the world's namespaces: `python -m tests.story.inside FOLDER LISTENER [options]`.

Ends with its standard input, which whoever made the namespaces holds.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from . import preparing
from .chapters import CHAPTERS, SHORT
from .collector import PORT
from .doorway import Doorway
from .telling import Check, Teller, Told
from .world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .telling import Chapter


class Enough(BaseException):
    """Whoever watches has seen enough."""


def main(words: Sequence[str]) -> int:
    """Tell the story; return 0 when every line of it holds."""
    folder, listener = Path(words[0]), int(words[1])
    short, once = "--short" in words, "--once" in words
    only = [word.removeprefix("--only=") for word in words if word.startswith("--only=")]
    prepared, teller = preparing.read(folder / "prepared.json"), Teller()
    signal.signal(signal.SIGUSR1, _enough)
    threading.Thread(target=_await_the_end, daemon=True).start()
    world: World | None = None
    try:
        world = World(folder, prepared, teller, short)
        world.start()
        told = tell(world, chosen(only, SHORT if short else CHAPTERS))
        teller.summary(told)
        (folder / "summary.json").write_text(json.dumps([_plain(one) for one in told]), encoding="utf-8")
        if not once:
            stay(world, prepared.door, listener)
        return 0 if all(check.holds for one in told for check in one.checks) else 1
    except Enough:
        teller.say("ending")
        return 130
    finally:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        if world is not None:
            world.end()


def chosen(only: Sequence[str], whole: Sequence[Chapter]) -> list[Chapter]:
    """Return the chapters whose class is named so, the first one with them; the whole where none is named."""
    if not only:
        return list(whole)
    return [one for one in CHAPTERS if one is CHAPTERS[0] or type(one).__name__.lower() in only]


def tell(world: World, chapters: Sequence[Chapter]) -> list[Told]:
    """Tell the chapters; one that breaks off is a line that does not hold, and the others are told all the same."""
    found = []
    for number, chapter in enumerate(chapters, 1):
        begun = time.monotonic()
        world.teller.chapter(number, chapter.title)
        try:
            checks = chapter.tell(world)
        except Exception as error:
            checks = [Check("the chapter comes to its end", f"{type(error).__name__}: {error}", False)]
        for check in checks:
            world.teller.check(check)
        found.append(Told(chapter.title, checks, time.monotonic() - begun))
    return found


def stay(world: World, port: int, listener: int) -> None:
    """Keep the world up, with a door to its pages, until somebody has seen enough."""
    Doorway(socket.socket(fileno=listener), (world.collector.place.address, PORT)).open()
    here = f"http://127.0.0.1:{port}"
    link = json.loads(world.collector.admin("signin", "--json").stdout)["url"]
    world.say("the world stays up. Sign in, once, by")
    world.say(f"    {link.replace(world.collector.url, here)}")
    width = max(len(title) for title, _ in world.pages)
    for title, url in world.pages:
        world.say(f"    {title:{width}}  {url.replace(world.collector.url, here)}")
    world.say("Ctrl-C ends everything and leaves nothing.")
    try:
        while True:
            time.sleep(3600)
    except Enough:
        world.say("ending")


def _plain(told: Told) -> dict[str, object]:
    checks = [[check.expected, check.seen, check.holds] for check in told.checks]
    return {"title": told.title, "seconds": told.seconds, "checks": checks}


def _await_the_end() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGUSR1)


def _enough(*_: object) -> None:
    raise Enough


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
