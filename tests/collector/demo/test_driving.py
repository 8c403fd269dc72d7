"""The fleet is driven each 15 seconds, and each second where somebody looks."""

from wakeful_collector import clock
from wakeful_collector.demo import driving, filling
from wakeful_collector.read import hosts
from wakeful_collector.store import agents, database
from wakeful_collector.store.changes import changing


def test_who_looks_live_gets_samples_each_second(tmp_path):
    database.create(tmp_path)
    now_ms = clock.now_ms()
    made = filling.fill(tmp_path, 2, 1, 5, now_ms, lambda _: None)
    driver = driving.Driver(tmp_path, made)
    assert driver.watched(now_ms) == set()
    with changing(tmp_path) as connection:
        agents.set_live(connection, made.machines()[1].id, now_ms + 60_000)
    assert driver.watched(now_ms) == {made.keys[1]}
    assert driver.watched(now_ms + 61_000) == set()
    driver.close()
    assert len(hosts.hosts(tmp_path)) == 2


def test_a_puppet_without_a_stored_past_starts_at_zero(tmp_path):
    database.create(tmp_path)
    made = filling.Story(1, 1, 5, 1_763_719_200_000, (1,))
    puppet = driving.Puppet(made.machines()[0], 1, 1_763_719_200.0)
    totals = puppet._remember(tmp_path, 1_763_719_215.0)
    assert totals.seconds == 1_763_719_200.0
    assert not totals.values.any()
