"""The environment of older monitors becomes one watch, with a hint, and never two of one server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.config.compat import VARIABLES, add_compat
from wakeful_agent.config.folders import Folders
from wakeful_agent.config.loading import load
from wakeful_agent.config.orders import KnownOrders, KnownWatch, Orders, WatchSetting
from wakeful_agent.watches.pterodactyl.kind import Pterodactyl

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = KnownOrders(
    {},
    {
        "pterodactyl": lambda: KnownWatch(
            Pterodactyl.options, Pterodactyl.required, Pterodactyl.check, True, subject=Pterodactyl.subject
        )
    },
)
WHOLE = {
    "PANEL_URL": "https://panel.example.com",
    "SERVER_ID": "1a7ce997",
    "SERVER_UUID": "1a7ce997-259b-452e-8b4e-cecc464142ca",
    "NODE_HOST": "node.example.com",
    "WS_PORT": "8080",
    "USERNAME": "kim",
    "PASSWORD": "secret-1",
    "CHECK_INTERVAL": "30",
    "MAX_RETRIES": "3",
}


def added(environ: dict[str, str], *before: WatchSetting) -> tuple[Any, list[str], list[str]]:
    problems: list[Any] = []
    warnings: list[Any] = []
    orders = add_compat(Orders(watches=before), environ, KNOWN, problems, warnings)
    return orders.watches[len(before) :], [str(one) for one in problems], [str(one) for one in warnings]


def test_every_name_is_taken() -> None:
    [[watch], problems, [warning]] = added(WHOLE)
    assert problems == []
    assert (watch.name, watch.kind, watch.attempts, watch.backoff_seconds) == ("pterodactyl", "pterodactyl", 3, 30.0)
    assert watch.options == {
        "panel": "https://panel.example.com",
        "server": "1a7ce997-259b-452e-8b4e-cecc464142ca",
        "username": "kim",
        "password": "secret-1",
        "node": "node.example.com:8080",
    }
    assert set(WHOLE) == set(VARIABLES)
    assert all(name in warning for name in VARIABLES)
    assert "[[watch]]" in warning
    assert "secret-1" not in warning


@pytest.mark.parametrize("without", [("PANEL_URL",), ("SERVER_ID", "SERVER_UUID")])
def test_without_a_panel_and_a_server_nothing_is_taken(without: tuple[str, ...]) -> None:
    environ = {name: value for name, value in WHOLE.items() if name not in without}
    assert added(environ) == ((), [], [])
    assert added({"USERNAME": "root", "PANEL_URL": " "}) == ((), [], [])


def test_a_kind_that_is_not_known_is_not_taken() -> None:
    assert add_compat(Orders(), WHOLE, KnownOrders({}, {}), [], []) == Orders()


def test_a_key_may_stand_where_the_password_did() -> None:
    [[watch], _, _] = added({**WHOLE, "PASSWORD": "ptlc_0123456789"})
    assert watch.options["key"] == "ptlc_0123456789"
    assert "username" not in watch.options


@pytest.mark.parametrize(
    ("host", "port", "node"),
    [
        ("wss://node.example.com", "8080", "node.example.com:8080"),
        ("https://node.example.com/", "", "node.example.com"),
        ("node.example.com:443", "8080", "node.example.com:443"),
        ("fd00::1", "8080", "[fd00::1]:8080"),
        ("", "8080", None),
    ],
)
def test_the_node_is_taken_in_each_form(host: str, port: str, node: str | None) -> None:
    [[watch], problems, _] = added({**WHOLE, "NODE_HOST": host, "WS_PORT": port})
    assert watch.options.get("node") == node
    assert problems == []


@pytest.mark.parametrize(
    ("more", "attempts", "backoff"),
    [
        ({"MAX_RETRIES": "0", "CHECK_INTERVAL": "0"}, 100, 1.0),
        ({"MAX_RETRIES": "-1", "CHECK_INTERVAL": "99999"}, 100, 600.0),
        ({"MAX_RETRIES": "9999", "CHECK_INTERVAL": "0.5"}, 100, 1.0),
        ({"MAX_RETRIES": "", "CHECK_INTERVAL": ""}, 5, 10.0),
    ],
)
def test_numbers_are_brought_into_bounds(more: dict[str, str], attempts: int, backoff: float) -> None:
    [[watch], _, _] = added({**WHOLE, **more})
    assert (watch.attempts, watch.backoff_seconds) == (attempts, backoff)


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"PANEL_URL": "panel.example.com"}, "PANEL_URL"),
        ({"SERVER_UUID": "survival"}, "SERVER_ID"),
        ({"USERNAME": ""}, "USERNAME"),
        ({"PASSWORD": ""}, "PASSWORD"),
    ],
)
def test_what_is_wrong_is_named_by_its_variable(more: dict[str, str], name: str) -> None:
    watches, problems, _ = added({**WHOLE, **more})
    assert watches == ()
    assert problems[0].startswith(f"{name}: ")


def test_a_word_is_no_number() -> None:
    _, [problem], _ = added({**WHOLE, "MAX_RETRIES": "many"})
    assert problem.startswith("MAX_RETRIES: must be a number, not 'many'")


def test_what_the_file_says_of_the_server_wins() -> None:
    same = WatchSetting("survival", "pterodactyl", {"panel": "https://panel.example.com/", "server": "1a7ce997"})
    assert added(WHOLE, same) == (
        (),
        [],
        ["PANEL_URL: names a server that agent.toml has a watch for already\n    unset it"],
    )
    other = WatchSetting("pterodactyl", "pterodactyl", {"panel": "https://panel.example.com", "server": "00000000"})
    [[watch], _, _] = added(WHOLE, other)
    assert watch.name == "pterodactyl-2"


def test_the_agent_takes_it_beside_its_own_settings(tmp_path: Path) -> None:
    folders = Folders(str(tmp_path), str(tmp_path))
    loaded = load(folders, WHOLE, {}, lambda: KNOWN)
    assert [one.name for one in loaded.config.orders.watches] == ["pterodactyl"]
    assert [one.file for one in loaded.warnings] == ["PANEL_URL"]
    assert load(folders, {}, {}, lambda: KNOWN).config.orders.watches == ()
