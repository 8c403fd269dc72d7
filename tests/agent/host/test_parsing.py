import pytest

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.parsing import number, parser


@pytest.mark.parametrize("error", [ValueError, KeyError, IndexError, OverflowError, ZeroDivisionError, TypeError])
def test_whatever_a_parser_stumbles_over_is_malformed(error):
    @parser("proc/thing")
    def parse(text):
        raise error(text)

    with pytest.raises(Malformed, match=r"^/proc/thing: is not as documented"):
        parse("x")


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "", "x", "1e999"])
def test_only_finite_numbers_are_numbers(text):
    with pytest.raises(ValueError, match=r"float|finite"):
        number(text)


def test_a_number():
    assert number("1.5") == 1.5
