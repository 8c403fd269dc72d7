"""Channels are added, changed, tried, removed; what is secret is checked by a child, sealed, and never answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.operations import OperationError, channels
from wakeful_collector.read import audit
from wakeful_collector.read import channels as read
from wakeful_collector.store import channels as table
from wakeful_collector.store import database, outbox, vault
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

Ask = Callable[..., dict[str, Any]]
URL = "http://127.0.0.1:9/hooks/PathIsASecret"


def unsealed(data: Path, channel_id: str) -> dict[str, Any]:
    found = table.by_id(database.reader(data, "state"), channel_id)
    assert found is not None
    text = vault.unseal(data, found.sealed)
    assert text is not None
    known: dict[str, Any] = json.loads(text)
    return known


def refused(ask: Ask, name: str, scope: str = "admin", /, **given: Any) -> tuple[str, str, int]:
    with pytest.raises(OperationError) as caught:
        ask(name, scope, **given)
    return caught.value.code, caught.value.message, caught.value.status


def test_a_webhook_gets_a_secret_that_is_shown_once(data: Path, ask: Ask) -> None:
    made = ask("channel.add", name="pager", kind="webhook", url=URL, hosts=["web-*"], moments=["opened", "healed"])
    assert made["secret"].startswith("wk_whs_")
    assert unsealed(data, made["id"]) == {"url": URL, "secret": made["secret"], "fingerprint": ""}
    [found] = read.channels(data)
    assert (found.address, found.service, found.allow_private) == ("http://127.0.0.1:9/...", "Webhook", True)
    assert (found.wishes.hosts, found.wishes.moments) == (("web-*",), ("opened", "healed"))
    everything = repr(read.channels(data)) + repr(audit.rows(data, 9)) + repr(read.channel(data, made["id"]))
    for secret in ("PathIsASecret", made["secret"]):
        assert secret not in everything
        assert secret.encode() not in b"".join(path.read_bytes() for path in data.glob("state.db*"))
    assert read.channel(data, "ch_none") is None


def test_a_secret_of_ones_own_is_not_answered(data: Path, ask: Ask) -> None:
    pin = "sha256:" + "AB" * 32
    made = ask("channel.add", name="p", kind="webhook", url=URL, secret="one-of-my-own-keys", fingerprint=pin)
    assert made["secret"] is None
    assert unsealed(data, made["id"]) == {"url": URL, "secret": "one-of-my-own-keys", "fingerprint": pin.lower()}


def test_an_apprise_address_is_known_by_its_service(data: Path, ask: Ask) -> None:
    made = ask("channel.add", name="phone", kind="apprise", url="ntfy://the-topic-of-mine")
    assert made["secret"] is None
    [found] = read.channels(data)
    assert (found.service, found.address, found.allow_private) == ("ntfy", "ntfy://...", False)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "apprise", "url": "nothing://TokenOfMine"}, "Apprise knows no such address"),
        ({"kind": "apprise", "url": "syslog://localhost"}, "is something on this machine"),
        ({"kind": "webhook", "url": "ftp://example.org/"}, "no http or https URL"),
        ({"kind": "webhook", "url": "http://169.254.169.254/"}, "never asked"),
    ],
)
def test_addresses_that_cannot_be_used(ask: Ask, given: dict[str, Any], said: str) -> None:
    code, message, status = refused(ask, "channel.add", name="p", **given)
    assert (code, status) == ("unusable_address", 422)
    assert said in message
    assert "TokenOfMine" not in message


@pytest.mark.parametrize("url", ["http://[::1]:9/x", "http://ada:pw@localhost/x", "https://10.0.0.5/x"])
def test_a_private_address_that_is_written_out_is_meant(data: Path, ask: Ask, url: str) -> None:
    ask("channel.add", name="p", kind="webhook", url=url)
    assert read.channels(data)[0].allow_private


@pytest.mark.parametrize("url", ["http://nobody.invalid#@127.0.0.1/", "http://nobody.invalid?@127.0.0.1/"])
def test_another_host_is_not_meant_by_what_follows_it(data: Path, ask: Ask, url: str) -> None:
    ask("channel.add", name="p", kind="webhook", url=url)
    assert not read.channels(data)[0].allow_private


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": "apprise", "url": "ntfy://t", "secret": "0123456789abcdef"}, "invalid"),
        ({"kind": "pigeon", "url": URL}, "invalid"),
        ({"kind": "webhook", "url": URL, "secret": "short"}, "invalid"),
        ({"kind": "webhook", "url": URL, "quiet": {"begins": "22:00", "ends": "24:00"}}, "invalid"),
        ({"kind": "webhook", "url": URL, "quiet": {"begins": "22:00", "ends": "07:00", "zone": "No/Where"}}, "invalid"),
        ({"kind": "webhook", "url": URL, "moments": []}, "invalid"),
    ],
)
def test_what_does_not_fit(data: Path, ask: Ask, given: dict[str, Any], code: str) -> None:
    assert refused(ask, "channel.add", name="p", **given)[0] == code
    assert read.channels(data) == []


def test_only_who_administers_says_where_messages_go(ask: Ask) -> None:
    assert refused(ask, "channel.add", "operate", name="p", kind="webhook", url=URL)[0] == "forbidden"


def test_names_are_taken_once_and_there_are_so_many(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    ask("channel.add", name="p", kind="webhook", url=URL)
    assert refused(ask, "channel.add", name="p", kind="webhook", url=URL)[0] == "name_taken"
    monkeypatch.setattr(channels.channels, "CHANNELS_MAX", 1)
    assert refused(ask, "channel.add", name="q", kind="webhook", url=URL)[0] == "too_many"


def test_a_channel_is_changed_piece_by_piece(data: Path, ask: Ask) -> None:
    made = ask("channel.add", name="p", kind="webhook", url=URL, tags=["prod"])
    quiet = {"begins": "22:00", "ends": "07:00"}
    ask("channel.edit", id=made["id"], name="q", enabled=False, kinds=["host"], quiet=quiet)
    [found] = read.channels(data)
    assert (found.name, found.enabled, found.wishes.tags, found.wishes.kinds) == ("q", False, ("prod",), ("host",))
    assert found.wishes.quiet == ("22:00", "07:00", "UTC")
    assert unsealed(data, made["id"])["secret"] == made["secret"], "the address stays as it was"
    ask("channel.edit", id=made["id"], quiet=None, tags=[])
    assert read.channels(data)[0].wishes.quiet is None


def test_a_new_address_comes_with_its_secret(data: Path, ask: Ask) -> None:
    made = ask("channel.add", name="p", kind="webhook", url=URL)
    changed = ask("channel.edit", id=made["id"], url="http://127.0.0.1:10/x")
    assert changed["secret"].startswith("wk_whs_")
    assert changed["secret"] != made["secret"]
    assert unsealed(data, made["id"])["url"] == "http://127.0.0.1:10/x"
    assert refused(ask, "channel.edit", id=made["id"], url="ntfy://topic")[0] == "invalid"
    assert refused(ask, "channel.edit", id=made["id"], secret="0123456789abcdef")[0] == "invalid"
    assert refused(ask, "channel.edit", id="ch_none", name="x")[0] == "unknown_channel"
    ask("channel.add", name="other", kind="webhook", url=URL)
    assert refused(ask, "channel.edit", id=made["id"], name="other")[0] == "name_taken"


def test_a_test_goes_into_the_outbox(data: Path, ask: Ask, now_ms: int) -> None:
    made = ask("channel.add", name="p", kind="webhook", url=URL)
    told = ask("channel.test", "operate", id=made["id"])
    [waiting] = outbox.due(database.reader(data, "state"), now_ms, 9)
    assert (waiting.id, waiting.moment) == (told["delivery"], "test")
    assert read.channels(data)[0].last == waiting


def test_what_waits_for_a_removed_channel_is_given_up(data: Path, ask: Ask, now_ms: int) -> None:
    made = ask("channel.add", name="p", kind="webhook", url=URL)
    told = ask("channel.test", id=made["id"])
    assert ask("channel.remove", id=made["id"]) == {"id": made["id"], "removed": True, "dropped": 1}
    with changing(data) as connection:
        found = outbox.by_id(connection, told["delivery"])
    assert found is not None
    assert (found.state, found.error) == ("dead", "the channel was removed")
    assert refused(ask, "channel.remove", id=made["id"])[0] == "unknown_channel"
    assert refused(ask, "channel.test", id=made["id"])[0] == "unknown_channel"


def test_an_address_that_is_none_is_refused(ask: Ask) -> None:
    code, message, status = refused(ask, "channel.add", name="p", kind="webhook", url="http://[1/hook")
    assert (code, status) == ("unusable_address", 422)
    assert message.startswith("the address cannot be used: ")
