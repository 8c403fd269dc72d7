"""The shape of a command."""

from wakeful_collector.remote.verb import Verb
from wakeful_collector.remote.verbs import hosts


def test_a_command_loads_its_module():
    assert Verb("hosts", "hosts", "List hosts", "look").load() is hosts


def test_a_shelf_holds_commands_and_others_none():
    shelf = Verb("proxmox", "proxmox", "Clusters", "act", is_shelf=True)
    assert [verb.name for verb in shelf.shelf][:2] == ["proxmox status", "proxmox nodes"]
    assert Verb("hosts", "hosts", "List hosts", "look").shelf == ()
