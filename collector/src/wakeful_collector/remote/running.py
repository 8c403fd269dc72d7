"""From the words of a command line to an exit code: find the command, run it, say what went wrong."""

from __future__ import annotations

import os
import sys

from wakeful_collector.remote import failure, verbs
from wakeful_collector.remote.failure import Failure
from wakeful_collector.remote.session import Session
from wakeful_collector.remote.table import Styled
from wakeful_collector.remote.terminal import Terminal

_ABOUT = "The operator's command line: looks at hosts, asks them for things, follows what happens."
_ENVIRONMENT = """\
The collector comes from --profile, WAKEFUL_PROFILE, or the default of ~/.config/wakeful/cli.toml
(wakeful login writes it). WAKEFUL_URL with WAKEFUL_API_KEY or WAKEFUL_API_KEY_FILE needs no profile;
WAKEFUL_FINGERPRINT and WAKEFUL_CA_FILE say whom to believe. NO_COLOR turns colours off.

Exit codes: 0 ok, 1 failed, 2 usage, 3 refused, 4 unreachable, 5 not found, 6 timed out waiting.
"""


def run(words: list[str]) -> int:
    """Run one command line and return its exit code."""
    err = Terminal(sys.stderr, os.environ)
    try:
        return _run(words)
    except Failure as problem:
        _say(err, problem, "--json" in words)
        return problem.exit_code
    except KeyboardInterrupt:
        err.line()
        return failure.INTERRUPTED
    except BrokenPipeError:
        # Whoever read went away (`| head`): nothing more may be written, not even by the interpreter's end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return failure.READER_GONE
    except Exception as error:
        if os.environ.get("WAKEFUL_TRACEBACK"):
            raise
        # A traceback would bring whatever an answer held to the terminal as it is.
        hint = "WAKEFUL_TRACEBACK=1 shows where; please tell us"
        _say(err, Failure(failure.FAILED, "internal", f"wakeful itself failed: {error!r}", hint), "--json" in words)
        return failure.FAILED


def _run(words: list[str]) -> int:
    if words[:1] == ["__complete"]:
        from wakeful_collector.remote import completing

        return completing.complete(words[1:], os.environ)
    from wakeful_collector.remote import options

    before, rest = options.split(words)
    if not rest or rest[0] in {"--help", "-h", "help"}:
        return _help(rest)
    verb = verbs.named(rest[0])
    if verb is None:
        near = failure.closest(rest[0], [one.name for one in verbs.VERBS])
        meant = f"did you mean {near}? " if near else ""
        raise failure.usage(f"there is no command {rest[0]!r}", f"{meant}see: wakeful --help")
    given = options.read(options.parser_of(verb), [*before, *rest[1:]])
    given.verb = verb.name
    session = Session(os.environ, given.profile, given.url, given.json, given.timeout)
    try:
        return verb.load().run(session, given)
    finally:
        session.close()


def _help(rest: list[str]) -> int:
    from wakeful_collector.remote import options

    if rest[:1] == ["help"] and len(rest) > 1 and (verb := verbs.named(rest[1])) is not None:
        Terminal(sys.stdout, os.environ).script(options.parser_of(verb).format_help())
        return failure.OK
    room = max(len(verb.name) for verb in verbs.VERBS)
    lines = ["usage: wakeful COMMAND ...", "", _ABOUT]
    for group in verbs.GROUPS:
        lines += ["", f"{group}:"]
        lines += [f"  {verb.name.ljust(room)}  {verb.title}" for verb in verbs.VERBS if verb.group == group]
    lines += ["", "wakeful COMMAND --help explains one, with examples; --version says which wakeful this is.", ""]
    Terminal(sys.stdout, os.environ).script("\n".join(lines) + "\n" + _ENVIRONMENT)
    return failure.OK if rest else failure.USAGE


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
