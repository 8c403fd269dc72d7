import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Malformed
from wakeful_agent.network.targets import TARGETS_MAX, Target, parse_target, parse_targets, shown_address


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("127.0.0.1:6379", Target("127.0.0.1:6379", "127.0.0.1:6379")),
        ("cache=127.0.0.1:6379", Target("cache", "127.0.0.1:6379")),
        ("unix:/run/a=b.sock", Target("unix:/run/a=b.sock", "unix:/run/a=b.sock")),
        ("https://a.example/x?y=1", Target("https://a.example/x", "https://a.example/x?y=1")),
        ("[::1]:80", Target("[::1]:80", "[::1]:80")),
        ("web=https://a.example/ status=200-299,301", Target("web", "https://a.example/", {"status": "200-299,301"})),
        (
            ' web=http://a/  match="all is = well"   redirects=3 ',
            Target("web", "http://a/", {"match": "all is = well", "redirects": "3"}),
        ),
        ("a\x1b=host", Target("a\ufffd", "host")),
    ],
)
def test_what_a_target_says(text, target):
    assert parse_target(text) == target


@pytest.mark.parametrize("text", ["", "   ", "name=", "a\x00b", "name=a\x1bb"])
def test_a_target_without_an_address_is_none(text):
    with pytest.raises(Malformed):
        parse_target(text)


@pytest.mark.parametrize("rest", ["nonsense", "Status=200", 'match="never ends', "status=200 and more"])
def test_words_that_are_none_are_told_without_the_secrets_before_them(rest):
    with pytest.raises(Malformed, match="the target http://a/x") as told:
        parse_target(f"http://me:geheim@a/x?token=geheim {rest}")
    assert "geheim" not in str(told.value)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://me:geheim@host:80/path?token=geheim#geheim", "http://host:80/path"),
        ("me:ge@heim@host:1883", "host:1883"),
        ("http://host?geheim", "http://host"),
        ("unix:/run/x.sock", "unix:/run/x.sock"),
        ("http://host/a@b", "http://host/a@b"),
    ],
)
def test_secrets_of_an_address_are_not_shown(address, shown):
    assert shown_address(address) == shown


def test_each_has_a_name_of_its_own():
    targets, problems = parse_targets(["http://a/?1", "x=b", "", "http://a/?2", "x=c", "x=d"])
    assert [(one.name, one.address) for one in targets] == [
        ("http://a/", "http://a/?1"),
        ("x", "b"),
        ("http://a/ #2", "http://a/?2"),
        ("x #2", "c"),
        ("x #3", "d"),
    ]
    assert problems == ["a target has no address that can be read"]


def test_there_are_so_many_and_no_more():
    targets, problems = parse_targets(f"host{number}" for number in range(TARGETS_MAX + 5))
    assert len(targets) == TARGETS_MAX
    assert len(problems) == 1


@given(st.lists(st.text(), max_size=5))
def test_no_text_breaks_it(texts):
    targets, problems = parse_targets(texts)
    assert len(targets) + len(problems) == len(texts)
    assert len({one.name for one in targets}) == len(targets)
