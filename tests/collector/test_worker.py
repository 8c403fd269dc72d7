"""The worker runs its jobs, each in a rhythm of its own, and shows that it lives."""

import dataclasses
import subprocess
import sys
import threading
import time

import pytest

from wakeful_collector import config, worker
from wakeful_collector.read import heartbeats
from wakeful_collector.store import database
from wakeful_collector.worker import JOBS, Job, Rhythm, Worker


@pytest.fixture
def settings(tmp_path):
    database.create(tmp_path)
    return config.load({}, tmp_path)


def run_for(one, until, seconds=10.0):
    thread = threading.Thread(target=one.run)
    thread.start()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not until():
        time.sleep(0.02)
    met = until()
    one.stop()
    thread.join(10)
    assert not thread.is_alive()
    return met


def test_jobs_run_again_and_again_and_are_seen(settings):
    ran = []
    jobs = [Job("quick", 0.05, lambda data, _, now_ms: ran.append((data, now_ms)))]
    assert run_for(Worker(settings, jobs), lambda: len(ran) >= 3 and "quick" in heartbeats.of_all(settings.data))
    assert ran[0][0] == settings.data
    beats = heartbeats.of_all(settings.data)
    assert set(beats) == {"worker", "quick"}
    assert abs(beats["worker"].at_ms - time.time() * 1000) < 10_000


def test_a_job_that_fails_or_hangs_costs_the_others_nothing(settings, caplog):
    release = threading.Event()
    ran = []

    def fail(*_):
        raise RuntimeError("broken")

    jobs = [
        Job("failing", 0.01, fail),
        Job("hanging", 0.01, lambda *_: release.wait(20)),
        Job("fine", 0.01, lambda *_: ran.append(1)),
    ]
    one = Worker(settings, jobs)
    one_beats = lambda: heartbeats.of_all(settings.data).get("failing")  # noqa: E731 - a short look
    assert run_for(one, lambda: len(ran) > 5 and one_beats() is not None and "error" in one_beats().detail)
    release.set()
    beats = heartbeats.of_all(settings.data)
    assert "broken" in beats["failing"].detail["error"]
    assert beats["failing"].at_ms == 0
    assert beats["hanging"].at_ms == 0
    assert "job failing failed" in caplog.text


def test_patience_grows_with_failures_and_has_a_bound():
    rhythm = Rhythm(Job("x", 10.0, lambda *_: None))
    assert rhythm.wait_seconds() == 10.0
    rhythm.failures_in_a_row = 1
    assert rhythm.wait_seconds() == 20.0
    rhythm.failures_in_a_row = 50
    assert rhythm.wait_seconds() == worker.WAIT_AFTER_FAILURE_MAX_SECONDS
    hourly = Rhythm(Job("y", 3_600.0, lambda *_: None), failures_in_a_row=3)
    assert hourly.wait_seconds() == 3_600.0


def test_a_success_after_failures_is_a_success(settings):
    answers = iter([RuntimeError("once"), None])

    def sometimes(*_):
        answer = next(answers)
        if answer is not None:
            raise answer

    rhythm = Rhythm(Job("x", 1.0, sometimes))
    rhythm.run_once(settings)
    assert rhythm.failures_in_a_row == 1
    rhythm.run_once(settings)
    assert rhythm.failures_in_a_row == 0
    assert rhythm.at_ms > 0
    assert "error" not in rhythm.detail


def test_a_database_that_cannot_be_written_does_not_end_the_worker(settings, tmp_path, caplog):
    ran = []
    nowhere = dataclasses.replace(settings, data=tmp_path / "nowhere")
    assert run_for(Worker(nowhere, [Job("x", 0.01, lambda *_: ran.append(1))]), lambda: len(ran) > 3)
    assert "sign of life" in caplog.text


def test_a_connection_that_breaks_is_opened_anew(settings, monkeypatch):
    one = Worker(settings, [])
    connection = one._beat(None)
    assert connection is not None
    connection.close()
    assert one._beat(connection) is None
    assert one._beat(None) is not None


def test_the_init_system_is_told(settings):
    told = []
    assert run_for(Worker(settings, [], lambda: told.append(1)), lambda: bool(told))


def test_settings_may_be_replaced_while_it_runs(settings):
    seen = []
    one = Worker(settings, [Job("x", 0.01, lambda _, chosen, __: seen.append(chosen.web_threads))])
    other = dataclasses.replace(settings, web_threads=99)

    def replaced():
        one.settings = other
        return 99 in seen

    assert run_for(one, replaced)


def test_the_real_jobs_run_on_an_empty_collector(settings):
    own = ["rollups", "sparks", "standing", "commands", "incidents", "outbox", "upkeep"]
    rooms = ["gateway", "gateway_environment", "gateway_log", "gateway_upkeep", "gateway_incidents"]
    names = [job.name for job in JOBS]
    assert names[: len(own + rooms)] == own + rooms
    clusters = names[len(own + rooms) :]
    assert {"proxmox.sync", "proxmox.deeds"} <= set(clusters)
    assert all(name.startswith("proxmox") for name in clusters)
    for job in JOBS:
        rhythm = Rhythm(job)
        rhythm.run_once(settings)
        assert rhythm.failures_in_a_row == 0, rhythm.detail


def test_signs_of_life_are_not_written_for_every_run_of_a_quick_job(settings):
    calm = iter([False, True, False, False, False])

    def fail_once(*_):
        if next(calm, False):
            raise RuntimeError("broken")

    rhythm = Rhythm(Job("quick", 0.01, fail_once))
    news = []
    for _ in range(5):
        rhythm.run_once(settings)
        news.append(rhythm.news)
    assert news == [1, 2, 3, 3, 3], "the first run, the failure, and that it is over"


def test_a_worker_loads_no_pages():
    script = "import sys, wakeful_collector.worker; print({'flask', 'jinja2', 'paramiko'} & sys.modules.keys())"
    assert (
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "set()\n"
    )
