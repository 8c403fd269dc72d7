"""Whose agent.toml may permit that something is asked of this machine. Pure."""

from __future__ import annotations


def distrust(owner_id: int, user_id: int, folder: str, home: str) -> str:
    """Return why a file of `owner_id` in `folder` permits the agent of `user_id` nothing; empty when it may.

    Root's file may. One of the agent's own user may only where that is a person's own installation, below `home`: a
    service that could write its own rules would have none.
    """
    if owner_id == 0:
        return ""
    if owner_id != user_id:
        return f"it belongs to user {owner_id}, who is neither root nor the user that the agent runs as"
    if home.startswith("/") and home.strip("/") and f"{folder}/".startswith(f"{home.rstrip('/')}/"):
        return ""
    return "it belongs to the user that the agent runs as, so the agent could change its own rules"
