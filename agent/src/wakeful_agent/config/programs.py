"""What is to be minded of the programs that actions name: one that is not there, or that others may change."""

from __future__ import annotations

import os
import stat

from wakeful_agent.config.errors import Problem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterator, Sequence

    from wakeful_agent.config.metering import Origin
    from wakeful_agent.config.orders import ActionSetting


def mind(actions: Sequence[ActionSetting], origin: Origin, user_id: int) -> Iterator[Problem]:
    """Yield what a person should see to; `actions` are all of the file, `user_id` is whom the agent runs as."""
    for place, action in enumerate(actions):
        text, hint = _trouble(action, user_id)
        if text:
            line = origin.lines.get(f"action.{place}.argv", 0)
            yield Problem(origin.path, line, f"{action.name}: {action.argv[0]} {text}", hint)


def _trouble(action: ActionSetting, user_id: int) -> tuple[str, str]:
    path = action.argv[0]
    try:
        found = os.stat(path)
    except OSError as error:
        return f"cannot be started: {error.strerror}", "check its path"
    mode = stat.S_IMODE(found.st_mode)
    if mode & 0o022:
        return f"may be changed by others (mode {mode:04o}): whoever does decides what runs", f"run: chmod go-w {path}"
    if action.as_root and found.st_uid != 0:
        return f"is run as root and belongs to user {found.st_uid}, who could change it", f"run: chown root {path}"
    if not stat.S_ISREG(found.st_mode) or (user_id != 0 and not action.as_root and not os.access(path, os.X_OK)):
        return "is no program that the agent's user may start", f"run: chmod a+x {path}"
    return "", ""
