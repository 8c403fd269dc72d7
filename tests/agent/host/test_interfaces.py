import pytest

from wakeful_agent.host.interfaces import interface, is_path, is_up, link_speed


def test_bridges_and_bonds_are_known_by_their_type_too(made):
    host = made({"sys/class/net/br9/uevent": "DEVTYPE=bridge", "sys/class/net/b/uevent": "DEVTYPE=bond\n"})
    assert interface(host, "br9").kind == "bridge"
    assert interface(host, "b").kind == "bond"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../../proc", "a\0b"])
def test_a_hostile_name_is_never_part_of_a_path(made, name):
    host = made({"sys/class/net/operstate": "up\n", "sys/class/net/speed": "1000\n"})
    assert not is_path(name)
    assert interface(host, name) == (name, "unknown", "", "", 0)
    assert link_speed(host, name) is None
    assert is_up(host, name) is None


def test_odd_values(made):
    host = made(
        {"sys/class/net/x/mtu": "\u0661\u0662\n", "sys/class/net/x/speed": "1" * 40, "sys/class/net/x/operstate": "\n"}
    )
    assert interface(host, "x").mtu == 0
    assert link_speed(host, "x") is None
    assert is_up(host, "x") is None
