from __future__ import annotations

import pytest

from wakeful_agent.config.trust import distrust


@pytest.mark.parametrize(
    ("owner", "user", "folder", "home", "reason"),
    [
        (0, 0, "/etc/wakeful", "/root", ""),
        (0, 990, "/etc/wakeful", "/var/lib/wakeful-agent", ""),
        (990, 990, "/etc/wakeful", "/var/lib/wakeful-agent", "change its own rules"),
        (990, 990, "/etc/wakeful", "/", "change its own rules"),
        (990, 990, "/etc/wakeful", "", "change its own rules"),
        (990, 990, "/home/ann2/x", "/home/ann", "change its own rules"),
        (1000, 1000, "/home/ann/.config/wakeful", "/home/ann", ""),
        (1000, 1000, "/home/ann/.config/wakeful", "/home/ann/", ""),
        (1000, 990, "/etc/wakeful", "/var/lib/wakeful-agent", "neither root nor the user"),
        (1000, 0, "/root/wakeful", "/root", "neither root nor the user"),
    ],
)
def test_whose_file_may_permit_something(owner: int, user: int, folder: str, home: str, reason: str) -> None:
    found = distrust(owner, user, folder, home)
    assert reason in found
    assert bool(found) == bool(reason)
