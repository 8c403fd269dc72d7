"""The real podman, and the engine of the tests, pass one suite; podman's containers really run."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.actions.restart_container import RestartContainer
from wakeful_agent.host.cgroups import find_group, read_usage
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host
from wakeful_agent.meters.containers import ContainersMeter
from wakeful_agent.network.engine import Engine
from wakeful_agent.watches.container import ContainerWatch

from ..fakes.docker_engine import docker_engine, stats
from .booting import gone
from .conftest import await_true, program, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.real,
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root and util-linux"),
]
MEMORY_BYTES = 64 * 1024 * 1024
# Ulimits and logs as small as can be: this must also run where the process may raise no limit of its own.
CONFIGURATION = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
"""
# In a mount namespace of its own: nothing that podman mounts or writes to /run is seen outside or stays.
SCRIPT = """
set -u
mount -t tmpfs tmpfs /run
cd {folder}
export CONTAINERS_CONF={folder}/containers.conf
pod() {{
    {podman} --root {folder}/store --runroot /run/pod --tmpdir /run/pod-tmp --storage-driver vfs \\
        --cgroup-manager cgroupfs --events-backend file --network-config-dir {folder}/net --runtime {runtime} \\
        --log-level error "$@"
}}
engine=
end() {{
    trap '' TERM
    pod rm -af -t 0
    kill $engine
    wait $engine
    exit 0
}}
trap end TERM
pod import {folder}/image.tar localhost/tiny:1
pod run -d --name worker --memory {memory} --cpus 0.5 --pids-limit 50 --network none localhost/tiny:1 \\
    /bin/busybox sh -c 'while true; do /bin/busybox sleep 1; done'
pod run -d --name shared --network host localhost/tiny:1 /bin/busybox sleep 300
pod run --name bye --network none localhost/tiny:1 /bin/busybox sh -c 'exit 3'
pod create --name never --network none localhost/tiny:1 /bin/busybox true
pod run --name hungry --memory 16m --network none localhost/tiny:1 /bin/busybox tail /dev/zero
pod run -d --name again --restart on-failure:2 --network none localhost/tiny:1 /bin/busybox false
pod system service -t 0 unix://{folder}/engine.sock &
engine=$!
touch {folder}/ready
wait $engine
"""


def make_image(folder: Path) -> None:
    """Make an image of busybox alone."""
    (folder / "image/bin").mkdir(parents=True)
    shutil.copy(program("busybox"), folder / "image/bin/busybox")
    os.symlink("busybox", folder / "image/bin/sh")
    subprocess.run(["tar", "-C", str(folder / "image"), "-cf", str(folder / "image.tar"), "."], check=True)


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A podman of its own with six containers."""
    folder = tmp_path_factory.mktemp("podman")
    make_image(folder)
    (folder / "containers.conf").write_text(CONFIGURATION)
    names = {"folder": folder, "podman": program("podman"), "runtime": program("runc"), "memory": MEMORY_BYTES}
    (folder / "run.sh").write_text(SCRIPT.format(**names))
    log = folder / "podman.log"
    engine = Engine("podman", str(folder / "engine.sock"))
    with running(["unshare", "--mount", "sh", str(folder / "run.sh")], log=log):

        def settled() -> bool:
            """Whether all are there, and the one that is started again has failed for the last time."""
            try:
                found = {one.name: one for one in engine.containers(5)}
                again = found.get("again")
                tried = again is not None and engine.details(again.id, 5).restarts == 2
                return len(found) == 6 and tried and again is not None and again.state == "exited"
            except HostError:
                return False

        try:
            await_true(lambda: (folder / "ready").exists() and settled(), "podman")
        except BaseException:
            print(log.read_text())
            raise
        yield engine
    left = [place for place, _, _ in os.walk("/sys/fs/cgroup", topdown=False) if "libpod_parent" in place]
    for place in left:
        await_true(lambda place=place: gone(place), "its control groups")


@pytest.fixture(scope="module")
def fake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The engine of the tests with six containers like those."""
    with docker_engine(tmp_path_factory.mktemp("docker")) as served:
        served.add("worker", network="none", stats={**stats(), "networks": {}})
        served.add("shared", network="host", stats={**stats(), "networks": None})
        served.add("bye", state="exited", status="Exited (3) 2 seconds ago")
        served.add("never", state="created")
        served.add("hungry", state="exited", status="Exited (137) 1 second ago", oom=True)
        served.add("again", state="exited", status="Exited (1) 1 second ago", restarts=2)
        yield Engine("podman", served.socket_path)


@pytest.fixture(params=["fake", "podman"])
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def read(engine: Engine) -> Callable[[], tuple[dict[Any, Any], Any]]:
    meter = ContainersMeter()
    meter.configure({"targets": [f"{engine.name}=unix:{engine.socket_path}"]})

    def make() -> tuple[dict[Any, Any], Any]:
        found = meter.read(Host(), 1_900_000_000_000)
        assert found.trouble is None
        labels = [dict(one.labels) for one in found.series]
        names = [
            (one.get("container", one.get("state", "")), f"{series.name}{one.get('direction', '')}")
            for one, series in zip(labels, found.series)
        ]
        return dict(zip(names, found.values)), found.inventories

    return make


def test_every_container_is_there_as_it_is(read: Callable[[], tuple[dict[Any, Any], Any]]) -> None:
    values, inventories = read()
    rows = {row["name"]: row for row in inventories["containers"]}
    assert {name: row["state"] for name, row in rows.items()} == {
        "worker": "running",
        "shared": "running",
        "bye": "exited",
        "never": "created",
        "hungry": "exited",
        "again": "exited",
    }
    assert values["", "container.engine.up"] == 1
    assert [values[state, "container.count"] for state in ("running", "exited", "created")] == [2, 3, 1]
    assert values["bye", "container.exit_code"] == rows["bye"]["exit_code"] == 3
    assert values["never", "container.exit_code"] is None
    assert values["worker", "container.restarts"] == 0
    assert inventories["container_engines"][0]["version"]


def test_how_a_container_ended(read: Callable[[], tuple[dict[Any, Any], Any]]) -> None:
    values, _ = read()
    # Whether podman sees that it was for lack of memory depends on the kernel's hierarchy; that it was killed does not.
    assert values["hungry", "container.exit_code"] == 137
    assert values["hungry", "container.oom_killed"] in {0, 1}
    assert values["bye", "container.oom_killed"] == 0
    assert values["again", "container.restarts"] == 2


def test_what_a_container_uses(read: Callable[[], tuple[dict[Any, Any], Any]]) -> None:
    values, _ = read()
    assert 0 < values["worker", "container.cpu.time"] < 5
    assert 0 < values["worker", "container.memory.usage"] < MEMORY_BYTES
    assert values["worker", "container.memory.limit"] == MEMORY_BYTES
    assert 0 < values["worker", "container.memory.utilization"] < 1
    assert values["worker", "container.pids.count"] in {1, 2, 3}
    assert values["worker", "container.uptime"] > 0
    assert values["shared", "container.network.ioreceive"] is None, "that is the machine's network"
    again, _ = read()
    assert again["worker", "container.cpu.time"] >= values["worker", "container.cpu.time"], "counters never go back"


def test_answers_of_the_engine(engine: Engine) -> None:
    found = {one.name: one for one in engine.containers(5)}
    details = engine.details(found["worker"].id, 5)
    assert (details.restarts, details.oom_killed, details.network) == (0, False, "none")
    assert details.started_ms is not None
    usage = engine.usage(found["worker"].id, 5)
    assert usage.memory_limit_bytes == MEMORY_BYTES
    with pytest.raises(HostError, match="404"):
        engine.details("0" * 64, 5)


def test_a_container_is_restarted_by_the_action_that_the_file_permits(engine: Engine) -> None:
    (shared,) = (one for one in engine.containers(5) if one.name == "shared")
    before = engine.details(shared.id, 5)
    action = RestartContainer({"containers": ["shared", "gone"], "socket": engine.socket_path})
    assert action.run(Host(), {"container": "shared"}, 0).done
    after = engine.details(shared.id, 5)
    assert before.started_ms is not None
    assert after.started_ms is not None
    assert after.started_ms > before.started_ms
    assert after.restarts == before.restarts
    with pytest.raises(HostError, match="404"):
        action.run(Host(), {"container": "gone"}, 0)


@pytest.mark.containers
def test_the_control_group_says_what_the_engine_says(podman: Engine) -> None:
    (worker,) = (one for one in podman.containers(5) if one.name == "worker")
    details = podman.details(worker.id, 5)
    group = find_group(Host(), details.pid, worker.id)
    assert group is not None
    before, said, after = read_usage(Host(), group), podman.usage(worker.id, 5), read_usage(Host(), group)
    assert before.cpu_seconds is not None
    assert said.cpu_seconds is not None
    assert after.cpu_seconds is not None
    assert before.cpu_seconds <= said.cpu_seconds <= after.cpu_seconds
    assert before.memory_limit_bytes == said.memory_limit_bytes == MEMORY_BYTES
    assert abs((before.memory_bytes or 0) - (said.memory_bytes or 0)) < 4 * 1024 * 1024
    assert (before.cpu_limit, before.pids_limit) == (0.5, 50)


@pytest.mark.containers
def test_a_process_in_the_unified_hierarchy() -> None:
    """What the kernel itself counts, in a group of our own; podman's are in the first hierarchy where that one is."""
    top = "/sys/fs/cgroup" if os.path.exists("/sys/fs/cgroup/cgroup.controllers") else "/sys/fs/cgroup/unified"
    mark = f"{os.getpid():064x}"
    group = f"{top}/libpod-{mark}"
    os.mkdir(group)
    try:
        with running(["sh", "-c", "while :; do :; done"]) as process:
            with open(f"{group}/cgroup.procs", "w") as members:
                members.write(str(process.pid))
            found = await_true(lambda: find_group(Host(), process.pid, mark), "the group")
            first = read_usage(Host(), found).cpu_seconds
            await_true(lambda: (read_usage(Host(), found).cpu_seconds or 0) > (first or 0) + 0.1, "time that is used")
    finally:
        os.rmdir(group)


def test_a_watch_sees_how_containers_stand_and_has_one_restarted(engine: Engine) -> None:
    def look(name: str) -> tuple[str, str]:
        sight = ContainerWatch(name, {"container": name, "socket": engine.socket_path}).look(Host(), 0)
        return sight.state, sight.detail

    assert look("worker") == ("up", "")
    assert look("bye") == ("down", "it ended with 3")
    assert look("never") == ("down", "it was never started")
    assert look("nobody") == ("unknown", "there is no such container")
    watch = ContainerWatch("worker", {"container": "worker", "socket": engine.socket_path})
    assert watch.repair(Host(), 0).summary == "the container worker was restarted"
    await_true(lambda: look("worker") == ("up", ""), "the container to run again")
