"""From the words of a command line to an exit code: find the command, run it, say what went wrong."""

from __future__ import annotations

import errno
import os
import sys

from wakeful_collector.remote import failure, verbs
from wakeful_collector.remote.failure import Failure
from wakeful_collector.remote.session import Session, Shell
from wakeful_collector.remote.table import Styled
from wakeful_collector.remote.terminal import Terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal, TextIO

    from wakeful_collector.remote.verb import Verb

_ABOUT = "The operator's command line: looks at hosts, asks them for things, follows what happens."
_ENVIRONMENT = """\
The collector comes from --profile, WAKEFUL_PROFILE, or the default of ~/.config/wakeful/cli.toml
(wakeful login writes it). WAKEFUL_URL with WAKEFUL_API_KEY or WAKEFUL_API_KEY_FILE needs no profile;
WAKEFUL_FINGERPRINT and WAKEFUL_CA_FILE say whom to believe. NO_COLOR turns colours off.

Exit codes: 0 ok, 1 failed, 2 usage, 3 changes pending, 4 unreachable, 5 not found,
6 timed out waiting, 7 refused.
"""


def run(words: list[str]) -> int:
    """Run one command line and return its exit code."""
    # A stream that was closed before we began (`>&-`) is None: what is said to it goes nowhere, nothing comes of it.
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    sys.stdin = sys.stdin or _nowhere("r")
    try:
        return _told(words, Terminal(sys.stderr, os.environ))
    except BrokenPipeError:
        # Whoever read went away (`| head`, `2>&1 | head`): nothing may be written, not even by the interpreter's end.
        for stream in (sys.stdout, sys.stderr):
            _let_go(stream)
        return failure.READER_GONE


def _told(words: list[str], err: Terminal) -> int:
    """Run one command line, say what went wrong, and return its exit code."""
    try:
        return _run(words)
    except Failure as problem:
        _say(err, problem, "--json" in words)
        return problem.exit_code
    except KeyboardInterrupt:
        err.line()
        return failure.INTERRUPTED
    except EOFError:  # Ctrl-D where something was asked for
        _say(err, Failure(failure.REFUSED, "not_confirmed", "nothing was entered, nothing was done"), "--json" in words)
        return failure.REFUSED
    except BrokenPipeError:
        raise
    except Exception as error:
        if os.environ.get("WAKEFUL_TRACEBACK"):
            raise
        # A traceback would bring whatever an answer held to the terminal as it is.
        _say(err, _unforeseen(error), "--json" in words)
        return failure.FAILED


def _nowhere(mode: Literal["r", "w"] = "w") -> TextIO:
    return open(os.devnull, mode, encoding="utf-8")


def _let_go(stream: TextIO) -> None:
    """Turn a stream that nobody reads any more to nowhere."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _unforeseen(error: Exception) -> Failure:
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return Failure(failure.FAILED, "disk_full", f"it cannot be written: {error.strerror}")
    hint = "WAKEFUL_TRACEBACK=1 shows where; please tell us"
    # What could not be read or written as text may be a secret, and stands whole in the error.
    said = (
        f"{type(error).__name__}({error.reason!r})"
        if isinstance(error, UnicodeDecodeError | UnicodeEncodeError)
        else repr(error)
    )
    return Failure(failure.FAILED, "internal", f"wakeful itself failed: {said}", hint)


def _run(words: list[str]) -> int:
    if words[:1] == ["__complete"]:
        from wakeful_collector.remote import completing

        return completing.complete(words[1:], os.environ)
    from wakeful_collector.remote import options

    before, rest = options.split(words)
    if not rest or rest[0] in {"--help", "-h", "help"}:
        return _help(rest)
    shelf = verbs.named(rest[0])
    if shelf is not None and shelf.is_shelf and rest[1:2] and rest[1] in {"--help", "-h", "help"}:
        return _help(["help", *rest[:1], *rest[2:]])
    verb, words = verbs.found(rest)
    given = options.read(options.parser_of(verb), [*before, *words])
    given.verb = verb.name.rpartition(" ")[2]
    session = Session(os.environ, given.profile, given.url, given.json, given.timeout, Shell(run, _candidates))
    try:
        return verb.load().run(session, given)
    finally:
        session.close()


def _candidates(words: list[str]) -> list[str]:
    from wakeful_collector.remote import completing

    return completing.candidates(words, os.environ)


def _help(rest: list[str]) -> int:
    from wakeful_collector.remote import options

    out = Terminal(sys.stdout, os.environ)
    verb = verbs.named(rest[1]) if rest[:1] == ["help"] and len(rest) > 1 else None
    if verb is not None and verb.is_shelf and len(rest) > 2:
        verb = verbs.named(f"{verb.name} {rest[2]}", verb.shelf) or verb
    if verb is None:
        out.script(_listed("COMMAND", _ABOUT, verbs.VERBS, "; --version says which wakeful this is") + _ENVIRONMENT)
        return failure.OK if rest else failure.USAGE
    if verb.is_shelf:
        out.script(_listed(f"{verb.name} COMMAND", verb.load().ABOUT.strip(), verb.shelf))
    else:
        out.script(options.parser_of(verb).format_help())
    return failure.OK


def _listed(what: str, about: str, shown: tuple[Verb, ...], more: str = "") -> str:
    """Return commands by their groups."""
    names = [verb.name.removeprefix(what.removesuffix("COMMAND")) for verb in shown]
    room = max(map(len, names))
    lines = [f"usage: wakeful {what} ...", "", about]
    for group in dict.fromkeys(verb.group for verb in shown):
        lines += ["", f"{group}:"]
        lines += [
            f"  {name.ljust(room)}  {verb.title}"
            for name, verb in zip(names, shown, strict=True)
            if verb.group == group
        ]
    return "\n".join([*lines, "", f"wakeful {what} --help explains one, with examples{more}.", "", ""])


def _say(err: Terminal, problem: Failure, as_json: bool) -> None:
    if as_json:
        said = {"error": problem.code, "message": problem.message, "hint": problem.hint, "exit": problem.exit_code}
        err.document(said, one_line=True)
        return
    first, *more = problem.message.splitlines() or [problem.code]
    err.line(Styled("wakeful", "bad"), ": ", first)
    for line in more:
        err.line("  ", line)
    for line in problem.hint.splitlines():
        err.line("  ", Styled(line, "dim"))
