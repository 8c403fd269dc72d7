"""Asking a panel with a key: nothing but the key is told, limits are obeyed, errors are plain, TLS is verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.network import panel_answer as answers
from wakeful_agent.network.panel import Access, Panel
from wakeful_agent.network.panel_answer import PanelError

from ...fakes.pterodactyl import Times, pterodactyl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def stage() -> Iterator[Any]:
    with pterodactyl(Times().faster(20)) as made:
        yield made


@pytest.fixture
def key(stage: Any) -> str:
    return str(stage.panel.add_key(stage.panel.add_user("kim")))


@pytest.fixture
def server(stage: Any, key: str) -> Any:
    return stage.add_server("survival", owner=stage.panel.users[0], state="running")


def test_a_server_is_seen_and_started(stage: Any, key: str, server: Any) -> None:
    panel = Panel(Access(stage.panel.url + "/", key))
    view = panel.view(server.short)
    assert view.uuid == server.uuid
    assert view.name == "survival"
    assert view.held == ""
    grant = panel.grant(server.uuid)
    assert grant.socket_url.endswith(f"/api/servers/{server.uuid}/ws")
    assert panel.resources(server.short)["state"] == "running"
    panel.power(server.short, "restart")
    assert {one.way for one in stage.panel.requests} == {"key"}
    assert [one.status for one in stage.panel.requests] == [200, 200, 200, 204]
    panel.close()


def test_the_activity_log_says_who_stopped_it(stage: Any, key: str, server: Any, tools: dict[str, Any]) -> None:
    panel = Panel(Access(stage.panel.url, key))
    server.person("stop")
    assert tools["until"](lambda: panel.activity(server.short), 10) == ["server:power.stop"]
    assert panel.activity(server.short, 1000.0) == ["server:power.stop"]
    assert panel.activity(server.short, -1000.0) == []


def test_errors_are_told_with_their_codes(stage: Any, key: str, server: Any) -> None:
    stranger = stage.panel.add_key(stage.panel.add_user("sam"))
    for access, code in (
        (Access(stage.panel.url, "ptlc_wrong"), answers.UNAUTHORIZED),
        (Access(stage.panel.url, stranger), answers.MISSING),
    ):
        with pytest.raises(PanelError) as caught:
            Panel(access).view(server.short)
        assert caught.value.code == code
        assert caught.value.lasting
    server.suspend()
    with pytest.raises(PanelError, match="suspended") as caught:
        Panel(Access(stage.panel.url, key)).grant(server.short)
    assert caught.value.code == answers.CONFLICT
    with pytest.raises(PanelError, match="short id"):
        Panel(Access(stage.panel.url, key)).view("../users")


def test_a_limit_is_waited_out(stage: Any, key: str, server: Any) -> None:
    panel = Panel(Access(stage.panel.url, key))
    stage.panel.fail(429, path=f"/servers/{server.short}", headers=[("Retry-After", "2")])
    with pytest.raises(PanelError) as caught:
        panel.view(server.short)
    assert (caught.value.code, caught.value.retry_seconds) == (answers.LIMITED, 2)
    asked = len(stage.panel.requests)
    with pytest.raises(PanelError, match="asked again in") as caught:
        panel.power(server.short, "start")
    assert 0 < caught.value.retry_seconds <= 2
    assert len(stage.panel.requests) == asked


def test_the_limit_of_tokens_is_one_servers_own(stage: Any, key: str, server: Any) -> None:
    panel = Panel(Access(stage.panel.url, key))
    for _ in range(5):
        panel.grant(server.short)
    with pytest.raises(PanelError, match="limits") as caught:
        panel.grant(server.short)
    assert caught.value.retry_seconds >= 1
    assert panel.view(server.short).name == "survival"


def test_a_redirect_is_refused_and_the_key_goes_nowhere(stage: Any, key: str, server: Any, paged: Any) -> None:
    elsewhere = paged({"/": "hello"})
    stage.panel.fail(301, headers=[("Location", elsewhere)])
    with pytest.raises(PanelError, match="leads elsewhere") as caught:
        Panel(Access(stage.panel.url, key)).view(server.short)
    assert caught.value.code == answers.REDIRECT


def test_a_panel_that_is_no_panel_says_so(paged: Callable[..., str]) -> None:
    url = paged({"/api/client/servers/1a7ce997": "<html>hello</html>"})
    with pytest.raises(PanelError, match="no panel"):
        Panel(Access(url, "ptlc_x")).view("1a7ce997")


def test_a_panel_that_is_away_is_unreachable(stage: Any, key: str, server: Any) -> None:
    stage.panel.shut()
    with pytest.raises(PanelError, match="nothing listens") as caught:
        Panel(Access(stage.panel.url, key)).view(server.short)
    assert caught.value.code == answers.UNREACHABLE
    assert not caught.value.lasting


def test_an_error_never_quotes_the_key(stage: Any, key: str, server: Any) -> None:
    body = b'{"errors": [{"detail": "what is %s?"}]}' % key.encode()
    stage.panel.fail(500, body=body)
    with pytest.raises(PanelError, match="secret") as caught:
        Panel(Access(stage.panel.url, key)).view(server.short)
    assert key[:12] not in str(caught.value)


def test_a_certificate_is_verified() -> None:
    with pterodactyl(Times().faster(20), tls=True) as stage:
        kim = stage.panel.add_user("kim")
        key = stage.panel.add_key(kim)
        server = stage.add_server("survival", owner=kim)
        with pytest.raises(PanelError, match="not trusted"):
            Panel(Access(stage.panel.url, key)).view(server.short)
        with pytest.raises(PanelError, match="another certificate"):
            Panel(Access(stage.panel.url, key, fingerprint="sha256:" + "0" * 64)).view(server.short)
        assert Panel(Access(stage.panel.url, key, ca_file=str(stage.ca_file))).view(server.short).uuid == server.uuid


def test_what_the_panel_has_left_is_kept_for_what_is_urgent(stage: Any, key: str, server: Any) -> None:
    stage.panel.client_limit = 10
    panel = Panel(Access(stage.panel.url, key))
    for _ in range(9):
        panel.view(server.short)
    with pytest.raises(PanelError, match="limits how often"):
        panel.view(server.short)
    assert 429 not in [one.status for one in stage.panel.requests]
    panel.power(server.short, "start")
    assert stage.panel.requests[-1].status == 204
