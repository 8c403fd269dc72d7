"""Who is next: in order within a key, in turns between keys, never above a bound, and nobody is forgotten."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from wakeful_collector.integrations.ollama.queueing import Place, admit


def queue(text: str) -> list[Place]:
    """`a b A` are two waiting requests of the keys a and b and one of a that is served."""
    return [Place(f"{word}{at}", word.lower(), word.isupper()) for at, word in enumerate(text.split())]


def test_in_order_of_arrival_within_a_key() -> None:
    assert admit(queue("a a a"), 2, {}).ids == ("a0", "a1")


def test_in_turns_between_keys() -> None:
    assert admit(queue("a a a a b c"), 4, {}).ids == ("a0", "b4", "c5", "a1")


def test_turns_go_on_where_they_were() -> None:
    first = admit(queue("a a b"), 1, {})
    assert first.ids == ("a0",)
    second = admit(queue("a b"), 1, {}, first.served)
    assert second.ids == ("b1",)
    third = admit(queue("a b"), 1, {}, first.served | second.served)
    assert third.ids == ("a0",)


def test_those_who_are_served_take_room() -> None:
    assert admit(queue("A A b a"), 3, {}).ids == ("b2",)
    assert admit(queue("A A b"), 2, {}).ids == ()
    assert admit(queue("A A A b"), 2, {}).ids == ()


def test_a_key_at_its_bound_is_passed_over_and_keeps_its_turn() -> None:
    chosen = admit(queue("A a b b"), 4, {"a": 1})
    assert chosen.ids == ("b2", "b3")
    assert "a" not in chosen.served
    assert admit(queue("a b"), 1, {"a": 1}, chosen.served).ids == ("a0",)


def test_a_bound_that_is_used_up_elsewhere_lets_nobody_go() -> None:
    assert admit(queue("a a"), 4, {"a": 0}).ids == ()
    assert admit(queue("a a"), 4, {"a": -3}).ids == ()


keys = st.sampled_from("abcd")
crowds = st.lists(st.builds(lambda key, admitted: (key, admitted), keys, st.booleans()), max_size=30)
bounds = st.dictionaries(keys, st.one_of(st.none(), st.integers(0, 4)), max_size=4)


@settings(max_examples=200)
@given(crowds, st.integers(0, 12), bounds, st.dictionaries(keys, st.integers(0, 50), max_size=4))
def test_bounds_hold_and_room_is_used(
    crowd: list[tuple[str, bool]], parallel: int, concurrency: dict[str, int | None], served: dict[str, int]
) -> None:
    places = [Place(str(at), key, admitted) for at, (key, admitted) in enumerate(crowd)]
    chosen = admit(places, parallel, concurrency, served)
    by_id = {one.id: one for one in places}
    assert len(set(chosen.ids)) == len(chosen.ids)
    assert not any(by_id[one].admitted for one in chosen.ids)
    before = Counter(one.key for one in places if one.admitted)
    running = before + Counter(by_id[one].key for one in chosen.ids)
    assert running.total() <= max(parallel, before.total())
    for key, count in running.items():
        bound = concurrency.get(key)
        assert bound is None or count <= max(bound, before[key])
    for key in "abcd":  # in order of arrival
        waiting = [one.id for one in places if one.key == key and not one.admitted]
        went = [one for one in chosen.ids if by_id[one].key == key]
        assert went == waiting[: len(went)]
        bound = concurrency.get(key)
        if running.total() < parallel and (bound is None or running[key] < bound):
            assert len(went) == len(waiting), "there was room and somebody waits"
    latest = max(served.values(), default=0)
    assert all(turn > latest for turn in chosen.served.values())


@settings(max_examples=100)
@given(st.lists(keys, min_size=1, max_size=40), st.integers(1, 3), st.randoms(use_true_random=False))
def test_nobody_waits_longer_than_his_turn(arrivals: list[str], parallel: int, random: object) -> None:
    """With every admission one more of each waiting key goes, so a place in one's own line is worth as many rounds."""
    places = [Place(str(at), key, False) for at, key in enumerate(arrivals)]
    served: dict[str, int] = {}
    went: list[str] = []
    while any(not one.admitted for one in places):
        chosen = admit(places, parallel, {}, served)
        served |= chosen.served
        went += chosen.ids
        places = [one._replace(admitted=True) if one.id in chosen.ids else one for one in places]
        running = [one for one in places if one.admitted]
        places.remove(random.choice(running))  # type: ignore[attr-defined]  # hypothesis gives a Random
    for at, key in enumerate(arrivals):
        before = sum(1 for one in arrivals[:at] if one == key)
        assert went.index(str(at)) <= (before + 1) * len(set(arrivals)) - 1
