from __future__ import annotations

from typing import Any

import pytest

from wakeful_collector import clock
from wakeful_collector.integrations.proxmox.link import signing
from wakeful_collector.integrations.proxmox.link.clusters import Cluster
from wakeful_collector.integrations.proxmox.link.errors import PveError

PASSWORD = Cluster("home", ("pve1",), "root@pam")
GIVEN = {"ticket": "PVE:root@pam:6B02::ab+c/=", "CSRFPreventionToken": "6B02:x"}


def signed(answers: list[Any], method: str = "GET") -> tuple[signing.Signer, list[dict[str, str]], dict[str, str]]:
    signer, asked = signing.Signer(PASSWORD, "horse"), []

    def ask(form: dict[str, str]) -> Any:
        asked.append(form)
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    return signer, asked, signer.headers(method, ask)


def test_a_token_needs_no_question() -> None:
    signer = signing.Signer(Cluster("home", ("pve1",), "a@pve!t"), "uuid")
    assert signer.headers("PUT", lambda form: pytest.fail("asked")) == {"Authorization": "PVEAPIToken=a@pve!t=uuid"}
    assert not signer.can_renew


def test_a_ticket_is_kept_and_writes_carry_its_token() -> None:
    signer, asked, headers = signed([GIVEN])
    assert headers == {"Cookie": "PVEAuthCookie=PVE:root@pam:6B02::ab+c/="}
    assert signer.headers("PUT", lambda form: pytest.fail("asked"))["CSRFPreventionToken"] == "6B02:x"
    assert asked == [{"username": "root@pam", "password": "horse"}]
    assert signer.can_renew


def test_an_old_ticket_renews_itself_and_else_the_password_does(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1_000.0]
    monkeypatch.setattr(clock, "monotonic_seconds", lambda: now[0])
    answers: list[Any] = [GIVEN, {**GIVEN, "ticket": "two"}, PveError("auth", "old"), {**GIVEN, "ticket": "three"}]
    signer, asked, _ = signed(answers)

    def ask(form: dict[str, str]) -> Any:
        asked.append(form)
        found = answers.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    now[0] += 3_601
    assert signer.headers("GET", ask)["Cookie"].endswith("two")
    assert asked[-1]["password"] == GIVEN["ticket"]
    now[0] += 3_601
    assert signer.headers("GET", ask)["Cookie"].endswith("three")
    assert asked[-1]["password"] == "horse"
    now[0] += 3_601
    answers.append(PveError("unreachable", "gone"))
    with pytest.raises(PveError, match="gone"):
        signer.headers("GET", ask)


def test_a_second_factor_and_nonsense() -> None:
    for answer in ({**GIVEN, "NeedTFA": 1}, {**GIVEN, "ticket": "PVE:!tfa!abc"}):
        with pytest.raises(PveError, match="API token") as caught:
            signed([answer])
        assert caught.value.kind == "auth"
    for odd in (None, {}, {"ticket": 3}, []):
        with pytest.raises(PveError, match="without a ticket"):
            signed([odd])


def test_a_forgotten_ticket_is_asked_for_again() -> None:
    signer, asked, _ = signed([GIVEN])
    signer.forget()
    signer.headers("GET", lambda form: {**GIVEN, "ticket": "two"})
    assert len(asked) == 1
