"""The lines that let the agent run exactly some commands as root, for people to copy."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Sequence

# What sudo lets be escaped in a command's arguments; a quote or bracket with a backslash is a syntax error there, and a
# backslash is read twice: by the parser, and by the matcher of patterns.
_SPECIAL = str.maketrans({**{one: "\\" + one for one in ",:= *?[]!#"}, "\\": "\\" * 4})


def sudoers(name: str, commands: Sequence[Sequence[str]]) -> str:
    """Return the shell line that permits `commands` (each an absolute path and all its arguments) and no other."""
    permitted = ", ".join(" ".join(word.translate(_SPECIAL) for word in command) for command in commands)
    return f'echo "wakeful ALL=(root) NOPASSWD: {_quoted(permitted)}" > /etc/sudoers.d/wakeful-{name}'


def _quoted(text: str) -> str:
    return "".join("\\" + character if character in '\\"$`' else character for character in text)
