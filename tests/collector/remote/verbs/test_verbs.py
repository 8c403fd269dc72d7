"""The table of commands."""

from pathlib import Path

import pytest

from wakeful_collector.remote import verbs
from wakeful_collector.remote.failure import Failure
from wakeful_collector.remote.verb import Verb
from wakeful_collector.remote.verbs import GROUPS, VERBS, every, found, named


def test_names_are_unique_and_every_module_is_in_the_table():
    assert len({verb.name for verb in VERBS}) == len(VERBS)
    folder = Path(verbs.__file__).parent
    files = {file.stem for file in folder.glob("*.py")} - {"__init__"}
    assert {verb.module for verb in VERBS if not verb.is_shelf} == files
    assert {verb.group for verb in VERBS} == set(GROUPS)
    for shelf in (verb for verb in VERBS if verb.is_shelf):
        names = [verb.name for verb in shelf.shelf]
        assert len(set(names)) == len(names)
        assert all(name.startswith(f"{shelf.name} ") for name in names)
        files = {f"{shelf.module}.{file.stem}" for file in (folder / shelf.module).glob("*.py")}
        assert {verb.module for verb in shelf.shelf} == files - {f"{shelf.module}.__init__"}


def test_a_command_line_finds_its_command():
    hosts, proxmox = named("hosts"), named("proxmox")
    assert found(["hosts", "x", "--y"]) == (hosts, ["x", "--y"])
    assert found(["proxmox", "guest", "101"]) == (named("proxmox guest", proxmox.shelf), ["101"])
    assert found(["proxmox"]) == found(["proxmox", "status"]) == (proxmox.shelf[0], [])
    assert found(["proxmox", "--json"]) == (proxmox.shelf[0], ["--json"])
    for words in (["nothing"], ["proxmox", "nothing"], ["guest"]):
        with pytest.raises(Failure):
            found(words)
    assert {verb.name for verb in every()} >= {"hosts", "proxmox guest"}
    assert proxmox not in every()
    assert Verb("x", "hosts", "", "").shelf == ()


def test_a_command_is_found_by_its_name():
    assert named("hosts") in VERBS
    assert named("nothing") is None


@pytest.mark.parametrize("verb", every(), ids=lambda verb: verb.name)
def test_every_module_offers_what_a_command_needs(verb):
    module = verb.load()
    assert callable(module.add)
    assert callable(module.run)
    assert module.ABOUT
    assert all(line.isascii() for line in module.EXAMPLES.splitlines())
