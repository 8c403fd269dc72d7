"""deliveries: what was sent, with its attempts."""

import pytest

from ....fakes.webhook_receiver import receiver


@pytest.fixture
def pager(operator, tmp_path):
    """A channel whose receiver takes the first test and refuses the second, both of them sent."""
    with receiver(answer=lambda number: (200 if number == 0 else 503, {})) as heard:
        (tmp_path / "url").write_text(heard.url)
        words = ("channel.add", "name=dlv-pager", "kind=webhook", f"url=@{tmp_path / 'url'}", "--yes", "--json")
        made = operator("run", *words, scope="admin").document["result"]["id"]
        for code in (0, 1):
            assert operator("channels", "test", "dlv-pager").code == code
    yield made
    operator("run", "channel.remove", f"id={made}", "--yes", scope="admin")


def test_they_are_listed_newest_first(operator, pager):
    found = operator("deliveries", "--channel", "dlv-pager", "--json").document["deliveries"]
    assert [one["state"] for one in found] == ["dead", "delivered"]
    listed = operator("deliveries", "--channel", "dlv-pager", COLUMNS="160").out
    assert "dlv-pager" in listed
    assert "503" in listed
    assert max(map(len, operator("deliveries", COLUMNS="60").out.splitlines())) <= 60
    taken = operator("deliveries", "--channel", pager, "--state", "delivered", "--json").document["deliveries"]
    assert [one["id"] for one in taken] == [found[1]["id"]]
    assert len(operator("deliveries", "--channel", pager, "--limit", "1", "--json").document["deliveries"]) == 1


def test_one_is_shown_with_its_attempts(operator, pager):
    number = operator("deliveries", "--channel", pager, "--state", "dead", "--json").document["deliveries"][0]["id"]
    shown = operator("deliveries", number)
    assert shown.code == 0
    assert shown.out.startswith("dead test to dlv-pager\n")
    assert shown.out.count("503") >= 2, "as its trouble, and in its log"
    assert operator("deliveries", number, "--json").document["id"] == number
    assert operator("deliveries", "nothing").code == 5


def test_nothing_was_sent(operator):
    assert operator("deliveries", "--incident", "inc_none").err == "Nothing was sent.\n"
    assert operator("deliveries", "--channel", "nobody").code == 5
    assert operator("deliveries", scope="read").code == 7
