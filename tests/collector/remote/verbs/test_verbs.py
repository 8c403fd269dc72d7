"""The table of commands."""

from pathlib import Path

import pytest

from wakeful_collector.remote import verbs
from wakeful_collector.remote.verbs import GROUPS, VERBS, named


def test_names_are_unique_and_every_module_is_in_the_table():
    assert len({verb.name for verb in VERBS}) == len(VERBS)
    files = {file.stem for file in Path(verbs.__file__).parent.glob("*.py")} - {"__init__"}
    assert {verb.module for verb in VERBS} == files
    assert {verb.group for verb in VERBS} == set(GROUPS)


def test_a_command_is_found_by_its_name():
    assert named("hosts") in VERBS
    assert named("nothing") is None


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_every_module_offers_what_a_command_needs(verb):
    module = verb.load()
    assert callable(module.add)
    assert callable(module.run)
    assert module.ABOUT
    assert all(line.isascii() for line in module.EXAMPLES.splitlines())
