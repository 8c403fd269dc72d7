"""Logging in as the panel's page does: once, bounded, and back without a password when the session is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.network import panel_answer as answers
from wakeful_agent.network import panel_login
from wakeful_agent.network.panel import Access, Panel
from wakeful_agent.network.panel_answer import PanelError

from ...fakes.pterodactyl import Times, pterodactyl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LOGIN = "/auth/login"


@pytest.fixture
def stage() -> Iterator[Any]:
    with pterodactyl(Times().faster(20)) as made:
        made.panel.captcha = False
        made.kim = made.panel.add_user("kim", password="secret-1")
        made.server = made.add_server("survival", owner=made.kim)
        yield made


def panel_of(stage: Any, password: str = "secret-1", kept: str = "") -> Panel:
    return Panel(Access(stage.panel.url, user="kim", password=password), kept)


def refused(stage: Any, panel: Panel) -> PanelError:
    with pytest.raises(PanelError) as caught:
        panel.view(stage.server.short)
    return caught.value


def test_one_login_serves_all_questions(stage: Any) -> None:
    panel = panel_of(stage)
    assert panel.view(stage.server.short).name == "survival"
    panel.power(stage.server.short, "start")
    panel.power(stage.server.short, "stop")
    assert len(stage.panel.asked(LOGIN)) == 1
    assert {one.way for one in stage.panel.asked("/api/client")} == {"session"}
    assert [one.status for one in stage.panel.asked("/power")] == [204, 204]
    panel.close()
    panel.close()
    assert [one.status for one in stage.panel.asked("/auth/logout")] == [204]


def test_logging_out_of_a_panel_that_is_away_is_no_error(stage: Any) -> None:
    panel = panel_of(stage)
    panel.view(stage.server.short)
    stage.panel.shut()
    panel.close()
    assert not stage.panel.asked("/auth/logout")


def test_a_wrong_password_is_tried_once_and_never_again(stage: Any) -> None:
    panel = panel_of(stage, "wrong")
    first, second = refused(stage, panel), refused(stage, panel)
    assert first.code == second.code == answers.PASSWORD
    assert first.lasting
    assert "not tried again" in str(first)
    assert len(stage.panel.asked(LOGIN)) == 1


def test_a_wrong_password_is_tried_once_over_many_starts(stage: Any, tmp_path: Path) -> None:
    kept = str(tmp_path / "logins.json")
    found = [refused(stage, panel_of(stage, "wrong", kept)) for _ in range(8)]
    assert {one.code for one in found} == {answers.PASSWORD}
    assert "before this start" in str(found[7])
    assert stage.panel.visits.attempts == [("kim", "wrong")]
    assert panel_of(stage, kept=kept).view(stage.server.short).name == "survival"
    assert refused(stage, panel_of(stage, "wrong", kept)).code == answers.PASSWORD
    assert stage.panel.visits.attempts == [("kim", "wrong"), ("kim", "ok")]


def test_what_is_forgiven_is_tried_once_more_a_minute_after(
    stage: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = str(tmp_path / "logins.json")
    refused(stage, panel_of(stage, "wrong", kept))
    panel = panel_of(stage, "wrong", kept)
    panel.forgive()
    assert 50 < refused(stage, panel).retry_seconds <= 60
    assert len(stage.panel.asked(LOGIN)) == 1
    monkeypatch.setattr(panel_login, "LOGIN_SECONDS_MIN", 0.0)
    panel = panel_of(stage, "wrong", kept)
    panel.forgive()
    assert refused(stage, panel).code == refused(stage, panel).code == answers.PASSWORD
    assert len(stage.panel.asked(LOGIN)) == 2
    stage.kim.password = "wrong"
    panel.forgive()
    assert panel.view(stage.server.short).name == "survival"
    assert panel_of(stage, "wrong", kept).view(stage.server.short).name == "survival"
    Panel(Access(stage.panel.url, "ptlc_x"), kept).forgive()


def test_a_login_that_nobody_knows_the_end_of_counts_after_a_restart(stage: Any, tmp_path: Path) -> None:
    kept = str(tmp_path / "logins.json")
    stage.panel.fail(500, path=LOGIN)
    assert refused(stage, panel_of(stage, kept=kept)).code == answers.BROKEN
    assert refused(stage, panel_of(stage, kept=kept)).code == answers.LIMITED
    assert len(stage.panel.asked(LOGIN)) == 1


def test_what_is_not_about_the_password_is_asked_again_after_a_restart(stage: Any, tmp_path: Path) -> None:
    kept = str(tmp_path / "logins.json")
    stage.kim.totp = "JBSWY3DPEHPK3PXP"
    assert refused(stage, panel_of(stage, kept=kept)).code == answers.TWO_FACTOR
    stage.kim.totp = ""
    assert panel_of(stage, kept=kept).view(stage.server.short).name == "survival"


def test_a_refused_csrf_token_is_tried_once_more(stage: Any) -> None:
    stage.panel.fail(419, path=LOGIN)
    assert panel_of(stage).view(stage.server.short).name == "survival"
    assert [one.status for one in stage.panel.asked(LOGIN)] == [419, 200]


def test_csrf_tokens_that_are_always_refused_end_the_attempt(stage: Any) -> None:
    stage.panel.fail(419, times=5, path=LOGIN)
    panel = panel_of(stage)
    assert refused(stage, panel).code == answers.CSRF
    assert len(stage.panel.asked(LOGIN)) == 2
    assert "next login" in str(refused(stage, panel))
    assert len(stage.panel.asked(LOGIN)) == 2


def test_a_csrf_token_refused_later_is_fetched_anew(stage: Any) -> None:
    panel = panel_of(stage)
    panel.view(stage.server.short)
    stage.panel.fail(419, path="/power")
    panel.power(stage.server.short, "start")
    assert [one.status for one in stage.panel.asked("/power")] == [419, 204]
    assert len(stage.panel.asked(LOGIN)) == 1


def test_a_lock_out_is_waited_for(stage: Any) -> None:
    stage.panel.fail(429, path=LOGIN, headers=[("Retry-After", "300")])
    panel = panel_of(stage)
    assert refused(stage, panel).retry_seconds == 300
    again = refused(stage, panel)
    assert again.code == answers.LIMITED
    assert 290 < again.retry_seconds <= 300
    assert len(stage.panel.asked(LOGIN)) == 1


def test_a_lost_session_comes_back_without_a_password(stage: Any) -> None:
    panel = panel_of(stage)
    panel.view(stage.server.short)
    stage.panel.fail(401, path="/power")
    panel.power(stage.server.short, "start")
    assert len(stage.panel.asked(LOGIN)) == 1
    assert [one.status for one in stage.panel.asked("/api/client/account")] == [200]
    assert [one.status for one in stage.panel.asked("/power")] == [401, 204]


def test_a_session_lost_for_good_is_logged_in_again(stage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel_login, "LOGIN_SECONDS_MIN", 0.0)
    panel = panel_of(stage)
    panel.view(stage.server.short)
    stage.panel.fail(401, path="/api/client", times=2)
    assert panel.view(stage.server.short).name == "survival"
    assert len(stage.panel.asked(LOGIN)) == 2


def test_logins_are_a_minute_apart(stage: Any) -> None:
    panel = panel_of(stage)
    panel.view(stage.server.short)
    stage.panel.fail(401, path="/api/client", times=2)
    assert refused(stage, panel).code == answers.LIMITED
    assert len(stage.panel.asked(LOGIN)) == 1


def test_a_second_factor_is_refused_with_the_way_out(stage: Any) -> None:
    stage.kim.totp = "JBSWY3DPEHPK3PXP"
    panel = panel_of(stage)
    found = refused(stage, panel)
    assert found.code == answers.TWO_FACTOR
    assert "API key" in str(found)
    assert refused(stage, panel).code == answers.TWO_FACTOR
    assert len(stage.panel.asked(LOGIN)) == 1


def test_a_captcha_is_refused_with_the_way_out(stage: Any) -> None:
    stage.panel.captcha = True
    found = refused(stage, panel_of(stage))
    assert found.code == answers.CAPTCHA
    assert "API key" in str(found)


def test_a_panel_without_such_a_login_is_known(stage: Any, paged: Callable[..., str]) -> None:
    stage.panel.fail(302, path=LOGIN, headers=[("Location", "/login")])
    assert refused(stage, panel_of(stage)).code == answers.NO_LOGIN
    elsewhere = Panel(Access(paged({}), user="kim", password="secret-1"))
    with pytest.raises(PanelError, match="Pelican"):
        elsewhere.view(stage.server.short)


def test_a_panel_that_breaks_is_tried_a_minute_later(stage: Any) -> None:
    stage.panel.fail(500, path=LOGIN)
    panel = panel_of(stage)
    assert refused(stage, panel).code == answers.BROKEN
    assert refused(stage, panel).code == answers.LIMITED


def test_a_panel_without_its_cookie_is_told(stage: Any) -> None:
    stage.panel.fail(500, path="/sanctum")
    assert "CSRF cookie" in str(refused(stage, panel_of(stage)))


def test_no_error_quotes_the_password(stage: Any) -> None:
    stage.panel.fail(400, path=LOGIN, body=b'{"errors": [{"detail": "secret-1 is wrong"}]}')
    assert "secret-1" not in str(refused(stage, panel_of(stage)))
