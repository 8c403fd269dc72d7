from __future__ import annotations

from wakeful_agent.config.folders import Folders, find


def test_root_has_system_folders() -> None:
    assert find({}, 0) == Folders("/etc/wakeful", "/var/lib/wakeful-agent")


def test_others_have_their_own() -> None:
    assert find({"HOME": "/home/a"}, 5) == Folders("/home/a/.config/wakeful", "/home/a/.local/state/wakeful-agent")
    xdg = {"XDG_CONFIG_HOME": "/c", "XDG_STATE_HOME": "/s"}
    assert find(xdg, 5) == Folders("/c/wakeful", "/s/wakeful-agent")


def test_the_environment_goes_first() -> None:
    folders = find({"CONFIG_DIR": "/c", "STATE_DIR": "/s"}, 0)
    assert folders.file == "/c/agent.toml"
    assert folders.token == "/c/TOKEN"
    assert folders.key == "/c/agent.key"
    assert folders.identity == "/c/identity.json"
    assert folders.spool == "/s/spool"
    assert folders.tuning == "/s/tuning.json"
    assert folders.lock == "/s/lock"
