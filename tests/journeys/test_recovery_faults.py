"""One agent keeps many servers up while everything between it and them breaks, each in its own way, all at once.

The agent is the process that ships, its times are its own: what is half open takes it 45 seconds to find out. So the
faults of all scenes begin together, those that last are mended together, and each test waits for the end of its own.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING, Any

import pytest

from .halves import Collector
from .recovering import UNSEEN, Keeper, Scene, Told, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

HEALED_SECONDS = 100
BROKEN_SECONDS = 12
"""How long what is mended stays broken."""
SPECIAL: dict[str, dict[str, Any]] = {
    "renewing": {"token_seconds": 20.0, "token_ticker_seconds": 1.0, "token_expiring_seconds": 2.0},
    "untrusted": {"tls": True},
    "old-wings": {"wings": "1.11"},
    "by-wings": {"crash_timeout_seconds": 3600.0},  # however long the tests before took, it is the second crash in it
}
SEEN = {"wings-down": "unknown", "untrusted": "unknown", "suspended": "held", "busy": "down"}
"""How the collector sees some of them before they are mended."""
LINK, KEY, WRITES = "https://sshx.example/s/AbCdEfGhIj", "KeyOfAllShared", "PasswordWrites"
BROKEN_AT_FIRST = ("limited", "broken", "untrusted", "mixed-up", "wrong-password", "older-panel", "other-origin")
NAMES = (
    *("panel-down", "wings-down", "half-open", "garbage", "skewed", "dropped"),
    *("renewing", "by-wings", "shared", "denied", "frozen-panel", "old-wings"),
    *("busy", "lost", "fails-once", "for-ever", "by-a-person", "suspended", "by-login"),
    *BROKEN_AT_FIRST,
)


class Play:
    """The scenes, the agent and the collector."""

    def __init__(self, folder, stack: contextlib.ExitStack) -> None:
        self.collector = Collector(folder / "collector")
        stack.callback(self.collector.end)
        self.collector.start()
        self.scenes = {name: Scene(name, stack, **SPECIAL.get(name, {})) for name in NAMES}
        self.agent = Keeper(folder / "agent")
        stack.callback(self.agent.end)
        self.agent.enrol(self.collector)
        for name, password in (("by-login", "password of kim"), ("wrong-password", "password of pat")):
            self[name].stage.panel.captcha = False
            self[name].log_in_by(password)
        self.agent.keep(*(scene.text(folder / "agent") for scene in self.scenes.values()))
        self.told = Told(self.collector)

    def __getitem__(self, name: str) -> Scene:
        return self.scenes[name]

    def begin(self) -> None:
        """Break what is broken from the start, start the agent, then break the rest."""
        self["limited"].stage.panel.fail(429, times=2, path="/websocket", headers=[("Retry-After", "3")])
        self["broken"].stage.panel.fail(502, times=2)
        self["broken"].stage.wings.refuse(502, times=2)
        authority = self["untrusted"].stage.authority
        assert authority is not None
        authority.show(trusted=False)
        self["older-panel"].stage.panel.scoped_tokens = False
        self["other-origin"].stage.wings.remote = "https://games.example"
        mixed = self["mixed-up"]
        mixed.stage.panel.foreign = mixed.stage.add_server("other", mixed.owner, "offline")
        for name in BROKEN_AT_FIRST:
            self[name].server.crash()
        self.agent.start()
        well = [scene for name, scene in self.scenes.items() if name not in BROKEN_AT_FIRST]
        wait_until(lambda: all(scene.live for scene in well), 90, self.agent.log)
        self.began = time.monotonic()
        self._break()
        time.sleep(BROKEN_SECONDS)
        self.while_broken = {name: scene.ours() for name, scene in self.scenes.items()}
        wait_until(
            lambda: all(self.told.watch(name)["state"] == state for name, state in SEEN.items()), 60, self.agent.log
        )
        self.seen = {name: self.told.watch(name) for name in self.scenes}
        self.powers_asked = {name: scene.stage.panel.asked("/power") for name, scene in self.scenes.items()}
        self.asked_untrusted = self["untrusted"].stage.panel.asked()
        self._mend()

    def _mend(self) -> None:
        authority = self["untrusted"].stage.authority
        assert authority is not None
        authority.show()
        self.other = self["mixed-up"].stage.panel.foreign
        self["mixed-up"].stage.panel.foreign = None
        self["wings-down"].stage.wings.boot()
        self["skewed"].stage.panel.skew_seconds = 0
        self["skewed"].server.crash()
        self["busy"].server.release_power()
        self["frozen-panel"].stage.panel.thaw()
        self["suspended"].server.unsuspend()
        panel_down = self["panel-down"]
        panel_down.stage.wings.kill()
        panel_down.server.vanish()
        panel_down.stage.wings.boot()
        panel_down.stage.panel.open()

    def until(self, seconds: float) -> None:
        """Wait until so long after the faults began."""
        time.sleep(max(0.0, self.began + seconds - time.monotonic()))

    def _break(self) -> None:
        self["panel-down"].stage.panel.shut()
        self["panel-down"].server.crash()
        self["wings-down"].stage.wings.kill()
        self["wings-down"].server.vanish()
        self["half-open"].stage.wings.half_open()
        self["half-open"].server.crash()
        self["garbage"].stage.wings.garbage()
        self["skewed"].stage.panel.skew_seconds = -3600
        self["skewed"].stage.wings.restart()
        self["dropped"].stage.wings.drop()
        self["dropped"].server.crash()
        self["busy"].server.hold_power()
        self["busy"].server.crash()
        self["lost"].server.lost_powers = 1
        self["lost"].server.crash()
        self["fails-once"].server.start_failures = 1
        self["fails-once"].server.crash()
        self["for-ever"].server.boots_for_ever = True
        self["for-ever"].server.crash()
        self["by-a-person"].server.person("stop")
        self["suspended"].server.suspend()
        self["by-login"].server.crash()
        self["denied"].stage.wings.deny_tokens()
        self["denied"].server.crash()
        self["frozen-panel"].stage.panel.freeze()
        self["frozen-panel"].server.crash()
        self["old-wings"].stage.panel.scoped_tokens = False
        self["old-wings"].stage.wings.drop()
        self["old-wings"].server.crash()
        self["by-wings"].server.crash_detection = True
        self["by-wings"].server.crash()
        self["shared"].server.say(f"\x1b[32m  Writable link: \x1b[1;4m{LINK}#{KEY},{WRITES}\x1b[0m")

    def heals(self, name: str, seconds: float = HEALED_SECONDS) -> None:
        """Wait until the server runs and nothing about it is open any more."""
        wait_until(lambda: self[name].server.state in {"running", "starting"}, seconds, self.agent.log)
        wait_until(lambda: "watch.up" in self.told.kinds(name)[-1:], 45, self.agent.log)


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    with contextlib.ExitStack() as stack:
        play = Play(tmp_path_factory.mktemp("faults"), stack)
        play.begin()
        yield play


def test_the_socket_serves_while_the_panel_is_away(play: Play) -> None:
    assert [through for _, _, through in play.while_broken["panel-down"]] == ["socket"]
    wait_until(lambda: len(play["panel-down"].ours("start")) == 2, HEALED_SECONDS, play.agent.log)


def test_the_story_reaches_the_collector_in_one_incident(play: Play) -> None:
    events = [one for one in play.told.events("dropped") if one["kind"] not in UNSEEN]
    assert [one["kind"] for one in events] == ["watch.down", "recovery.attempted", "recovery.succeeded", "watch.up"]
    assert len({one["data"]["incident"] for one in events}) == 1
    assert events[2]["data"]["attempts"] == 1


def test_a_dropped_connection_is_made_again_and_what_it_missed_is_seen(play: Play) -> None:
    play.heals("dropped", 30)
    assert play["dropped"].server.starts == 1


def test_a_login_serves_where_no_key_can_be_had(play: Play) -> None:
    play.heals("by-login", 30)
    assert play["by-login"].server.starts == 1
    assert play["by-login"].stage.panel.visits.attempts == [("kim", "ok")]


def test_a_start_that_is_lost_is_asked_for_again(play: Play) -> None:
    play.heals("lost", 40)
    assert play["lost"].server.starts == 1
    assert len(play["lost"].ours("start")) == 2


def test_a_start_that_fails_is_tried_again(play: Play) -> None:
    play.heals("fails-once", 40)
    assert play["fails-once"].server.starts == 2
    kinds = play.told.kinds("fails-once")
    assert kinds.count("recovery.attempted") == 2
    assert kinds.count("recovery.failed") == 1


def test_another_power_action_is_waited_out(play: Play) -> None:
    assert 1 <= len(play.while_broken["busy"]) <= 2
    play.heals("busy")
    assert play["busy"].server.starts == 1


def test_garbage_changes_nothing(play: Play) -> None:
    scene = play["garbage"]
    assert (scene.server.state, scene.ours()) == ("running", [])
    for endless in (False, True):
        before = len(scene.stage.wings.handshakes)
        scene.stage.wings.break_framing(endless)
        wait_until(lambda before=before: len(scene.stage.wings.handshakes) > before, 40, play.agent.log)
        wait_until(lambda: scene.live, 20, play.agent.log)
        scene.stage.wings.garbage()
    scene.server.crash()
    play.heals("garbage")
    assert scene.server.starts == 1


def test_too_many_requests_are_waited_for(play: Play) -> None:
    scene = play["limited"]
    play.heals("limited")
    asked = scene.stage.panel.asked("/websocket")
    assert [one.status for one in asked[:3]] == [429, 429, 200]
    assert all(later.at - sooner.at >= 3 for sooner, later in zip(asked, asked[1:3]))
    assert scene.server.starts == 1


def test_errors_of_proxies_are_gone_through(play: Play) -> None:
    scene = play["broken"]
    play.heals("broken")
    assert [status for _, status in scene.stage.wings.handshakes[:3]] == [502, 502, 101]
    assert scene.server.starts == 1


def test_who_shows_a_strangers_certificate_is_not_spoken_to(play: Play) -> None:
    scene = play["untrusted"]
    assert play.asked_untrusted == []
    assert "certificate" in play.seen["untrusted"]["detail"].lower()
    play.heals("untrusted")
    assert {one.way for one in scene.stage.panel.asked()} == {"key"}


def test_tokens_for_another_server_wake_nobody(play: Play) -> None:
    assert play.other is not None
    assert play["mixed-up"].stage.panel.asked("/websocket") != []
    assert play.seen["mixed-up"]["state"] != "up"
    play.heals("mixed-up")
    assert (play.other.powers, play.other.state) == ([], "offline")


def test_wings_away_is_no_reason_to_act(play: Play) -> None:
    assert play.while_broken["wings-down"] == []
    assert play.powers_asked["wings-down"] == []
    play.heals("wings-down")
    assert play["wings-down"].server.starts == 1


def test_a_clock_that_is_an_hour_off_costs_no_more_tokens_than_there_are(play: Play) -> None:
    scene = play["skewed"]
    assert play.while_broken["skewed"] == []
    play.heals("skewed")
    assert scene.server.starts == 1
    asked = scene.stage.panel.asked("/websocket")
    assert {one.status for one in asked} == {200}
    assert all(later.at - sooner.at > 12 for sooner, later in zip(asked, asked[1:])), "five a minute are for everybody"


def test_one_that_starts_for_ever_is_up(play: Play) -> None:
    play.heals("for-ever", 20)
    play.until(25)  # longer than the verification
    assert len(play["for-ever"].ours()) == 1
    assert play["for-ever"].server.state == "starting"


def test_a_suspended_server_is_never_fought(play: Play) -> None:
    scene = play["suspended"]
    assert play.while_broken["suspended"] == []
    play.heals("suspended")
    assert scene.server.starts == 1
    assert "watch.held" in play.told.kinds("suspended")


def test_what_a_denied_token_hid_is_found_out(play: Play) -> None:
    scene = play["denied"]
    play.heals("denied", 40)
    assert scene.server.starts == 1
    errors = [one.args for one in scene.stage.wings.said if one.event == "jwt error"]
    assert ["jwt: created too far in past (denylist)"] in errors
    assert not [one for one in scene.stage.wings.said if (one.event, one.args) == ("status", ["offline"])]
    assert len(scene.stage.wings.handshakes) == 1


def test_a_panel_that_hangs_holds_up_nobody(play: Play) -> None:
    assert [through for _, _, through in play.while_broken["frozen-panel"]] == ["socket"]
    play.heals("frozen-panel")
    assert play["frozen-panel"].server.starts == 1


def test_an_old_wings_and_its_panel_serve_as_well(play: Play) -> None:
    play.heals("old-wings", 40)
    assert play["old-wings"].server.starts == 1


@pytest.mark.parametrize(("name", "words"), [("older-panel", "panel is older"), ("other-origin", "origin")])
def test_what_only_a_person_can_set_right_is_told(play: Play, name: str, words: str) -> None:
    wait_until(lambda: "watch.blind" in play.told.kinds(name) or play[name].ours(), 30, play.agent.log)
    assert words in str(play.told.events(name)).lower() + play.told.watch(name)["detail"].lower()
    assert len(play[name].stage.panel.asked("/websocket")) <= 3


def test_what_wings_restarts_by_itself_is_left_to_it(play: Play) -> None:
    scene = play["by-wings"]
    assert play.while_broken["by-wings"] == []
    assert (scene.server.state, scene.server.starts) == ("running", 1)
    scene.server.crash()  # soon after the first: Wings gives up, and the agent does not
    wait_until(lambda: scene.server.starts == 2, 45, play.agent.log)
    assert len(scene.ours("start")) == 1


def test_a_link_of_a_shared_terminal_is_shown_to_those_who_may_operate(play: Play) -> None:
    def links(told: Told) -> list[str]:
        rows = told.get("/servers")["servers"]
        return [link["url"] for row in rows if row["watch"] == "shared" for link in row["links"]]

    wait_until(lambda: links(play.told) != [], 30, play.agent.log)
    assert links(play.told) == ["https://sshx.example/s/AbCd..."]
    assert links(Told(play.collector, "operate")) == [f"{LINK}#{KEY},{WRITES}"]


def test_a_half_open_socket_is_found_out(play: Play) -> None:
    assert play.while_broken["half-open"] == []
    play.heals("half-open", 75)
    assert play["half-open"].server.starts == 1


def test_a_persons_stop_is_respected(play: Play) -> None:
    play.until(45)
    scene = play["by-a-person"]
    assert (scene.server.state, scene.ours()) == ("offline", [])
    assert play.told.kinds("by-a-person") == ["watch.stopped"]


def test_a_token_is_renewed_before_it_ends(play: Play) -> None:
    scene = play["renewing"]
    play.until(58)
    tokens = scene.stage.panel.asked("/websocket")
    assert len(tokens) >= 3
    assert all(later.at - sooner.at > 12 for sooner, later in zip(tokens, tokens[1:])), "not before it has to be"
    assert [one.event for one in scene.stage.wings.said if one.event == "jwt error"] == []
    assert len(scene.stage.wings.handshakes) == 1
    scene.server.crash()
    play.heals("renewing", 30)


def test_a_wrong_password_is_tried_once_and_told(play: Play) -> None:
    play.until(60)
    scene = play["wrong-password"]
    assert scene.stage.panel.visits.attempts == [("kim", "wrong")]
    assert play.told.kinds("wrong-password") == ["watch.blind"]
    assert play.told.watch("wrong-password")["state"] == "unknown"


def test_nothing_else_was_done_and_no_secret_was_told(play: Play) -> None:
    log = play.agent.log.read_text()
    told = str([play.told.get(path) for path in ("/events?limit=500", "/watches", "/servers")])
    folders = (play.collector.data, play.agent.folder / "state")
    written = [file.read_bytes() for folder in folders for file in folder.rglob("*") if file.is_file()]
    assert sum(map(len, written)) > 100_000
    for secret in (KEY, WRITES, "password of pat", play["dropped"].key[16:]):
        assert secret not in log
        assert secret not in told
        assert not any(secret.encode() in content for content in written)
    for scene in play.scenes.values():
        assert {action for _, action, _ in scene.ours()} <= {"start"}, scene.name
        for secret in (scene.key, scene.key[16:], scene.owner.password, "password of pat"):
            assert secret not in log
            assert secret not in told
    assert "Traceback" not in log
    assert play.agent.process is not None
    assert play.agent.process.poll() is None
