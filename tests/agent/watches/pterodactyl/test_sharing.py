"""What servers share: one board for all, one panel an account; both end with the last."""

from __future__ import annotations

import threading
from typing import Any

from wakeful_agent.network.panel import Access
from wakeful_agent.watches.pterodactyl.sharing import STAGGER_SECONDS, Shared

ONE, TWO = Access("https://panel.example.com", "ptlc_1"), Access("https://panel.example.com", "ptlc_2")


def boards() -> int:
    return sum(thread.name == "wakeful-pterodactyl" for thread in threading.enumerate())


def test_an_account_has_one_panel_and_all_have_one_board() -> None:
    shared = Shared()
    board, panel, wait = shared.join(ONE)
    assert shared.join(ONE) == (board, panel, STAGGER_SECONDS)
    other = shared.join(TWO)
    assert other[0] is board
    assert other[1] is not panel
    assert (wait, other[2]) == (0, 2 * STAGGER_SECONDS)
    assert boards() == 1
    shared.leave(ONE)
    shared.leave(TWO)
    assert boards() == 1
    shared.leave(ONE)
    assert boards() == 0
    assert shared.join(ONE)[1] is not panel
    shared.leave(ONE)


def test_the_last_one_logs_out(answered: Any, tools: dict[str, Any]) -> None:
    end = answered(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
    access = Access(f"http://{end.address}", user="kim", password="secret-1")
    shared = Shared()
    panel = shared.join(access)[1]
    panel._login._inside = True
    shared.leave(access)
    tools["until"](lambda: end.asked)
    assert b"POST /auth/logout" in end.asked[0]
