"""Command lines with parameters in them: words in which `{NAME}` stands for an argument, `{{` for a brace. Pure.

What is filled in never makes a second word, and never reaches a shell.
"""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Sequence

    from wakeful_agent.config.parameter import Parameter

WORDS_MAX = 64
WORD_CHARACTERS_MAX = 4096
_PIECE = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]{0,63})\}|[{}]")
_INTERPRETERS = {
    "sh",
    "bash",
    "dash",
    "ash",
    "zsh",
    "ksh",
    "mksh",
    "fish",
    "csh",
    "tcsh",
    "busybox",
    "su",
    "runuser",
} | {*("python", "perl", "ruby", "node", "php", "lua", "awk", "gawk", "sed", "eval")}
_TAKES_CODE = re.compile(r"-[A-Za-z]*[ceErp]|--eval|--command|--session-command|(?:.*/)?(?:g?awk|sed|eval)")
_HOLDS_CODE = re.compile(r"-[A-Za-z]*[ceEr].*\{|--(?:eval|command|session-command)=")


def check(argv: Any, parameters: Sequence[Parameter]) -> list[str]:
    """Return what is wrong with a template, each in a sentence."""
    if not isinstance(argv, list) or not argv or not all(isinstance(word, str) for word in argv):
        return ['must be a list of words, such as ["/usr/bin/systemctl", "restart", "{unit}"]']
    problems = _shape_problems(argv)
    known = {parameter.name: parameter for parameter in parameters}
    used: set[str] = set()
    for word in argv:
        names, stray = _names(word)
        used.update(names)
        if stray:
            problems.append(f"has a single brace in {word[:60]!r}: write {{{{ or }}}} for one that is meant")
        problems += [f"names {{{name}}}, which is no parameter" for name in names if name not in known]
        problems += [
            f"has the flag {{{name}}} as part of a word: it must be one of its own"
            for name in names
            if name in known and known[name].kind == "flag" and word != f"{{{name}}}"
        ]
    problems += [f"does not use the parameter {name}" for name in known if name not in used]
    return problems


def fill(argv: Sequence[str], parameters: Sequence[Parameter], arguments: Mapping[str, Any]) -> list[str]:
    """Return the command line for checked arguments; a flag that is false takes its word with it."""
    known = {parameter.name: parameter for parameter in parameters}
    words = []
    for word in argv:
        alone = known.get(word[1:-1]) if word.startswith("{") else None
        if alone is not None and alone.kind == "flag" and not arguments[alone.name]:
            continue
        words.append(_PIECE.sub(lambda found: _piece(found, known, arguments), word))
    return words


def _piece(found: re.Match[str], known: Mapping[str, Parameter], arguments: Mapping[str, Any]) -> str:
    name = found.group(1)
    return known[name].word(arguments[name]) if name else found.group()[0]


def _names(word: str) -> tuple[list[str], bool]:
    """Return the parameters a word names, and whether it holds a brace that is neither doubled nor of a name."""
    found = list(_PIECE.finditer(word))
    return [one.group(1) for one in found if one.group(1)], any(one.group() in {"{", "}"} for one in found)


def _shape_problems(argv: Sequence[str]) -> list[str]:
    problems = []
    program = argv[0]
    if not program.startswith("/") or os.path.normpath(program) != program or _PIECE.search(program):
        problems.append("must begin with the absolute path of a program, without parameters in it")
    if len(argv) > WORDS_MAX:
        problems.append(f"has {len(argv)} words, at most {WORDS_MAX} are taken")
    if any(not word or len(word) > WORD_CHARACTERS_MAX or "\0" in word for word in argv):
        problems.append(f"has a word that is empty or has more than {WORD_CHARACTERS_MAX} characters")
    if any(_names(word)[0] for word in _code(argv)):
        problems.append('has a parameter inside of a program\'s text: give it as a word of its own, and say "$1" there')
    return problems


def _code(argv: Sequence[str]) -> list[str]:
    """Return the words that a shell or an interpreter among the words would take for a program."""
    found = []
    interprets = False
    for place, word in enumerate(argv):
        if interprets and (_TAKES_CODE.fullmatch(argv[place - 1]) or _HOLDS_CODE.match(word)):
            found.append(word)
        interprets = interprets or os.path.basename(word).rstrip("0123456789.") in _INTERPRETERS
    return found
