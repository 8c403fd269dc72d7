"""channels: listed, shown, and tried against a receiver that really listens."""

import pytest

from wakeful_collector.remote.verbs import channels as module

from ....fakes.webhook_receiver import receiver, slow_receiver


@pytest.fixture
def channel(operator, tmp_path):
    """Add a channel that calls an address: `channel("pager", url)`; it is gone after the test."""
    made = []

    def add(name, url, *more):
        (tmp_path / "url").write_text(url)
        words = ("channel.add", f"name={name}", "kind=webhook", f"url=@{tmp_path / 'url'}", *more, "--yes", "--json")
        ran = operator("run", *words, scope="admin")
        assert ran.code == 0, ran.err
        made.append(ran.document["result"]["id"])
        return made[-1]

    yield add
    for one in made:
        operator("run", "channel.remove", f"id={one}", "--yes", scope="admin")


def test_nobody_is_told_yet(operator):
    ran = operator("channels")
    assert (ran.code, ran.out) == (0, "")
    assert "channel.add" in ran.err
    assert operator("channels", "--json").document == {"channels": []}


def test_a_test_arrives_and_is_listed(operator, channel):
    with receiver() as heard:
        number = channel("chn-pager", heard.url, "hosts=web-*", "tags=prod")
        assert "never" in operator("channels", COLUMNS="120").out
        ran = operator("channels", "test", "CHN-pager")
        assert (ran.code, ran.out) == (0, "delivered test to chn-pager\n")
        assert len(heard.wait(1)) == 1
    listed = operator("channels", COLUMNS="120").out
    assert "web-*, tag prod" in listed
    assert "delivered" in listed
    assert "PathIsASecret" not in listed
    assert max(map(len, operator("channels", COLUMNS="40").out.splitlines())) <= 40
    found = operator("channels", "show", number, "--json").document
    assert (found["name"], found["last"]["state"]) == ("chn-pager", "delivered")
    shown = operator("channels", "show", "chn-pager").out
    assert shown.startswith("chn-pager\n")
    assert "delivered test to chn-pager" in shown


def test_operations_take_a_channels_name_too(operator, channel):
    number = channel("chn-named", "http://127.0.0.1:9/x")
    ran = operator("run", "channel.edit", "id=chn-named", "enabled=no", "--yes", scope="admin")
    assert (ran.code, number in ran.out) == (0, True), ran
    assert operator("channels", "show", number, "--json").document["enabled"] is False
    ran = operator("run", "channel.edit", "id=chn-nmaed", "enabled=no", "--yes", scope="admin")
    assert (ran.code, "did you mean chn-named?" in ran.err) == (5, True), ran


def test_a_test_that_is_refused_fails(operator, channel):
    with receiver(answer=lambda _: (500, {})) as heard:
        channel("chn-broken", heard.url)
        ran = operator("channels", "test", "chn-broken")
        assert ran.code == 1
        assert "500" in ran.out
        assert ran.out.startswith("dead test to chn-broken\n")
        told = operator("channels", "test", "chn-broken", "--json")
        assert (told.code, told.document["delivery"]["state"]) == (1, "dead")
        assert told.document["operation"] == "channel.test"


def test_what_nobody_waits_for_has_timed_out(operator, channel):
    with slow_receiver() as (url, _):
        channel("chn-slow", url)
        ran = operator("channels", "test", "chn-slow", "--wait", "1s")
    assert (ran.code, "test to chn-slow" in ran.out) == (6, True)
    assert "it is tried at" in ran.out


def test_channels_that_are_not_there_or_not_meant(operator, channel):
    channel("chn-one", "http://127.0.0.1:9/x")
    ran = operator("channels", "test", "chn-onw")
    assert (ran.code, "did you mean chn-one?" in ran.err) == (5, True)
    assert operator("channels", "test").code == 2
    assert operator("channels", "ring", "chn-one").code == 2
    assert operator("channels", scope="read").code == 7


def test_names_that_differ_by_case_are_told_apart(operator, channel):
    first, second = channel("chn-Twin", "http://127.0.0.1:9/x"), channel("chn-twin", "http://127.0.0.1:9/x")
    assert operator("channels", "show", "chn-twin", "--json").document["id"] == second
    ran = operator("channels", "show", "CHN-TWIN")
    assert ran.code == 2
    assert first in ran.err
    assert second in ran.err


def test_one_that_is_off_and_quiet(capfd):
    from wakeful_collector.remote.session import Session

    odd = {"id": "ch_1", "name": "night\x07", "enabled": False, "kinds": ["host"], "quiet": {"from": "22:00"}}
    session = Session({})
    assert module._show(session, odd) == 0
    shown = capfd.readouterr().out
    assert shown.startswith("night\\x07  off\n")
    assert "from 22:00" in shown
    assert [str(getattr(cell, "text", cell)) for cell in module._row(odd, 0)] == [
        "night\x07 (off)",
        "",
        "",
        "host",
        "never",
        "",
    ]
