"""operations: what the collector offers."""


def test_operations_are_listed_with_what_they_take(operator, offered):
    ran = operator("operations")
    assert ran.code == 0
    assert all(any(line.startswith(f"{name} ") for line in ran.out.splitlines()) for name in offered)
    assert "host=TEXT name=TEXT" in ran.out
    assert {one["name"] for one in operator("operations", "--json").document["operations"]} == set(offered)


def test_one_is_shown_whole(operator):
    ran = operator("operations", "host.forget", scope="read")
    assert (ran.code, ran.err) == (0, "")
    assert "destroys" in ran.out
    assert "no, not by this key" in ran.out
    assert operator("operations", "host.live", "--json").document["permitted"] is True
    assert "[seconds=NUMBER]" in operator("operations", "host.live").out
    assert operator("operations", "host.lvie").code == 5
