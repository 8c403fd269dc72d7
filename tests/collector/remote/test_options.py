"""Options that every command has."""

import argparse

import pytest

from wakeful_collector.remote import options
from wakeful_collector.remote.failure import Failure
from wakeful_collector.remote.verbs import every, named


def test_words_are_split_at_the_command():
    assert options.split(["--profile", "lab", "--json", "hosts", "--json"]) == (
        ["--profile", "lab", "--json"],
        ["hosts", "--json"],
    )
    assert options.split(["--url=x", "hosts"]) == (["--url=x"], ["hosts"])
    assert options.split(["--help"]) == ([], ["--help"])
    assert options.split([]) == ([], [])
    with pytest.raises(Failure):
        options.split(["--nonsense", "hosts"])


def test_positionals_and_options_mix():
    given = options.parser_of(named("run")).parse_intermixed_args(
        ["host.wake", "--yes", "host=a", "--wait", "5m", "b=c"]
    )
    assert (given.operation, given.arguments, given.yes, given.wait) == ("host.wake", ["host=a", "b=c"], True, 300)
    assert options.parser_of(named("run")).parse_intermixed_args(["x", "--wait"]).wait == 60


def test_an_option_without_its_value_takes_no_argument_for_one():
    parser = options.parser_of(named("run"))
    given = options.read(parser, ["x", "--wait", "host=a", "b=c"])
    assert (given.wait, given.arguments) == (60, ["host=a", "b=c"])
    assert options.read(parser, ["x", "--wait", "5m", "b=c"]).wait == 300
    assert options.read(parser, ["x", "--wait=90", "b=c"]).wait == 90
    assert options.read(parser, ["x", "b=c", "--wait"]).wait == 60
    assert options.read(parser, ["x", "b=c"]).wait == 0


def test_a_wrong_duration_is_said():
    with pytest.raises(Failure) as caught:
        options.parser_of(named("hosts")).parse_args(["--timeout", "soon"])
    assert "'soon' is no length of time; write it like 90s, 30m or 2h" in caught.value.message


@pytest.mark.parametrize(
    ("command", "words", "said"),
    [
        ("hosts", ["--jsn"], "'--jsn' is too much here; did you mean --json?"),
        ("hosts", ["extra"], "'extra' is too much here"),
        ("hosts", ["--xyzzy=1"], "'--xyzzy=1' is too much here"),
        ("gateway", ["weak"], "there is no 'weak'; did you mean wake? (there are: status, "),
        ("completion", ["powershell"], "there is no 'powershell' (there are: bash, zsh, fish)"),
        ("wake", [], "the following arguments are required: HOST"),
        ("ask", ["web-1"], "the following arguments are required: ACTION"),
        ("run", [], "the following arguments are required: OPERATION"),
    ],
)
def test_what_makes_no_sense_is_said_with_what_was_meant(command, words, said):
    with pytest.raises(Failure) as caught:
        options.read(options.parser_of(named(command)), words)
    assert said in caught.value.message
    assert "key=value" not in caught.value.message
    assert caught.value.hint == f"see: wakeful {command} --help"


@pytest.mark.parametrize("verb", every(), ids=lambda verb: verb.name)
def test_every_argument_says_what_it_is(verb):
    for action in options.parser_of(verb)._actions:
        assert action.help, action
        assert action.help != argparse.SUPPRESS
