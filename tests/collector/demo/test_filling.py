"""An empty folder becomes a fleet with a past, and the fleet goes on living."""

import os
import signal
import threading
import time

import numpy as np
import pytest

from wakeful_collector import clock
from wakeful_collector.demo import driving, filling, story
from wakeful_collector.model.host import HostStatus, host_status
from wakeful_collector.read import events, hosts, inventories, latest, series
from wakeful_collector.store import database

from ..last_hours import sparks

HOSTS, DAYS = 12, 3


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    data = tmp_path_factory.mktemp("demo") / "data"
    database.create(data)
    told = []
    now_ms = clock.now_ms()
    return data, filling.fill(data, HOSTS, DAYS, 1, now_ms, told.append), told, now_ms


def test_every_machine_is_there_and_progress_was_told(filled):
    data, made, told, now_ms = filled
    found = hosts.hosts(data)
    assert [one.name for one in found] == [machine.name for machine in made.machines()]
    assert sorted(told) == list(range(1, HOSTS + 1))
    assert story.read(data) == made
    assert all(now_ms - one.enrolled_ms > (DAYS - 1) * 86_400_000 for one in found)
    statuses = {
        machine.fate: host_status(one, made.end_ms) for one, machine in zip(found, made.machines(), strict=True)
    }
    assert statuses[""] is HostStatus.UP
    assert statuses["silent"] is HostStatus.SILENT


def test_the_past_can_be_read_in_every_resolution(filled):
    data, made, _, _ = filled
    end_ms = made.end_ms
    for span_ms in (600_000, 6 * 3_600_000, DAYS * 86_400_000):
        answer = series.series(data, made.keys[0], ["system.cpu.utilization"], end_ms - span_ms, end_ms, 100)
        values = [value for value in answer.columns[0].values if value is not None]
        assert len(values) > 0.8 * len(answer.times)
        assert all(0 <= value <= 1 for value in values)


def test_machines_say_who_they_are(filled):
    data, made, _, _ = filled
    one = hosts.host(data, made.machines()[0].id)
    assert one.hello["os"]["id"] == "debian"
    assert inventories.body(data, one.key, "processes") is not None
    assert events.events(data, limit=10)
    assert sparks(data)


def test_times_are_a_minute_apart_and_finer_at_the_end():
    seconds = filling.times(1, 1_763_719_200_000)
    assert set(np.diff(seconds).tolist()) == {60.0, 15.0}
    assert seconds[-1] == 1_763_719_200.0 - 15.0
    short = filling.times(1, 1_763_719_200_000)
    assert short[0] == 1_763_719_200.0 - 86_400.0


def test_a_machine_that_never_pushed_has_no_past():
    machine = next(one for one in story.Story(200, 1, 1, 0, ()).machines() if one.fate == "never pushed")
    assert filling._write_past((None, 7, machine, 1, 0)) == 7


def test_live_pushes_join_the_past(filled):
    data, made, _, _ = filled
    driver = driving.Driver(data, made)
    now_ms = made.end_ms + 15_000
    heard = [one for one in driver.puppets if one.heard(now_ms)]
    assert len(heard) == HOSTS - 3, "one is silent, one sleeps, one naps"
    before = {(one.name, tuple(one.labels.items())): one.value for one in latest.latest(data, heard[0].key)}
    assert driver.push(heard, now_ms) == len(heard)
    assert driver.push(heard[:1], now_ms + 1_000) == 1
    after = {(one.name, tuple(one.labels.items())): one.value for one in latest.latest(data, heard[0].key)}
    key = next(name for name in before if name[0] == "system.network.io")
    assert before[key] <= after[key] < before[key] + 16 * 60_000_000
    driver.close()


def test_a_machine_that_was_forgotten_is_left_out(filled):
    data, made, _, _ = filled
    driver = driving.Driver(data, made)
    ghost = driving.Puppet(made.machines()[0], 999_999, made.end_ms / 1000)
    assert driver.push([ghost], made.end_ms + 60_000) == 0
    driver.close()


def test_it_is_driven_until_it_is_told_to_stop(filled):
    data, made, _, _ = filled
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    watched = hosts.hosts(data)[0]
    with_live = hosts.host(data, watched.id)
    assert with_live is not None
    timer = threading.Timer(3.5, os.kill, (os.getpid(), signal.SIGTERM))
    timer.start()
    began_ms = clock.now_ms()
    try:
        driving.drive(data, made)
    finally:
        timer.cancel()
        for number, handler in kept.items():
            signal.signal(number, handler)
    assert time.time() * 1000 - began_ms < 15_000
    assert max(one.last_seen_ms or 0 for one in hosts.hosts(data)) >= began_ms - 1_000
