"""The console: lines as people read them, without secrets, bounded; what Wings says of the end of a run."""

from __future__ import annotations

import json

import pytest

from wakeful_agent.watches.pterodactyl.console import LINE_CHARACTERS_MAX, TAIL_CHARACTERS_MAX, Console, strip

DAEMON = "\x1b[33m\x1b[1m[Pterodactyl Daemon]:\x1b[39m {}\x1b[0m"


def plain(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[32mDone\x1b[0m (1.2s)!", "Done (1.2s)!"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;https://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPdevice\x1b\\x", "x"),
        ("\x1b[38;2;1;2;3mcolour\x9b0m", "colour"),
        ("\x1b(B\x1b7tab\tstays\x00\x08", "tab\tstays"),
        ("\x1b", ""),
        ("\x1b[2;", ""),
        ("caf\u00e9", "caf\u00e9"),
    ],
)
def test_escape_sequences_and_control_characters_are_gone(text: str, shown: str) -> None:
    assert strip(text) == shown


def test_the_last_lines_are_kept_and_cleaned_once() -> None:
    console = Console(3)
    assert console.hear("one\r\ntwo\n\n  \nthree\x1b[0m") == ["one", "two", "three"]
    console.hear("login with password=hunter2 now")
    asked: list[str] = []

    def conceal(text: str) -> str:
        asked.append(text)
        return text.replace("three", "3")

    assert console.tail(conceal) == ["two", "3", "login with password=[redacted] now"]
    console.hear("ptlc_secret")
    assert console.tail(conceal)[-1] == "ptlc_secret"
    assert len(asked) == 4
    console.clear()
    assert console.tail(plain) == []


def test_links_are_masked_and_lines_cut() -> None:
    console = Console(5)
    console.hear("Link: \x1b[4;36mhttps://sshx.io/s/AbCdEf0123#KeyKeyKey12345\x1b[0m")
    console.hear("x" * 100_000)
    first, second = console.tail(plain)
    assert first == "Link: https://sshx.io/s/AbCd..."
    assert len(second) == LINE_CHARACTERS_MAX


@pytest.mark.parametrize("character", ["x", "\u00e9", "\U0001f3ae"])
def test_the_tail_fits_into_an_event_whatever_it_is_written_in(character: str) -> None:
    console = Console(200)
    for number in range(200):
        console.hear(f"{number} " + character * 300)
    tail = console.tail(plain)
    assert len(json.dumps(tail)) <= TAIL_CHARACTERS_MAX
    assert tail[-1].startswith("199 ")
    assert len(tail) >= 3


def test_wings_words_of_a_crash_are_understood() -> None:
    console = Console(10)
    console.hear(DAEMON.format("---------- Detected server process in a crashed state! ----------"))
    console.hear(DAEMON.format("Exit code: 137"))
    console.hear(DAEMON.format("Out of memory: true"))
    assert (console.exit_code, console.out_of_memory, console.disk_full) == (137, True, False)
    console.hear(DAEMON.format("Server is exceeding the assigned disk space limit, stopping process now."))
    assert console.disk_full
    console.begin()
    assert (console.exit_code, console.out_of_memory, console.disk_full) == (None, False, False)


def test_the_games_own_words_are_not_taken_for_wings() -> None:
    console = Console(10)
    console.hear("Exit code: 137")
    console.hear("the assigned disk space limit, exceeding the assigned disk space limit")
    console.hear("[12:00:00 INFO]: <kim> [Pterodactyl Daemon]: Server is exceeding the assigned disk space limit")
    console.hear("<kim> [x Daemon]: Exit code: 0")
    console.hear(DAEMON.format("Finished pulling Docker container image"))
    assert (console.exit_code, console.disk_full) == (None, False)


def test_a_console_of_no_lines_keeps_none() -> None:
    console = Console(0)
    assert console.hear("Link") == ["Link"]
    assert console.tail(plain) == []
