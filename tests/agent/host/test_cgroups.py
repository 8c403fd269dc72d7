import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.cgroups import (
    Usage,
    find_group,
    parse_interfaces,
    parse_io,
    parse_membership,
    read_interfaces,
    read_usage,
)
from wakeful_agent.host.errors import HostError
from wakeful_agent.host.files import Host

ID = "fdf315aa68f251071a519c1881a5b2e1b77c1744baea994d0ba8a4be4ef15f89"
# /proc/PID/cgroup as podman 4.3.1 with runc 1.1.5 made it on a machine with both hierarchies.
HYBRID = f"""9:name=systemd:/libpod_parent/libpod-{ID}
8:pids:/libpod_parent/libpod-{ID}
7:blkio:/libpod_parent/libpod-{ID}
4:memory:/libpod_parent/libpod-{ID}
2:cpuacct:/libpod_parent/libpod-{ID}
1:cpu:/libpod_parent/libpod-{ID}
0::/libpod_parent/libpod-{ID}
"""
NET_DEV = """Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier x
lo:  999 9 0 0 0 0 0 0 999 9 0 0 0 0 0 0
eth0:  5338 36 0 0 0 0 0 0 648 8 0 0 0 0 0 0
eth1:  10 1 0 0 0 0 0 0 20 1 0 0 0 0 0 0
"""


@pytest.fixture
def tree(tmp_path):
    def make(files):
        for path, text in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        return Host(str(tmp_path))

    return make


def folders(base, files):
    return {f"sys/fs/cgroup/{base}/{name}": text for name, text in files.items()}


def v1(base):
    place = f"libpod_parent/libpod-{ID}"
    return {
        "proc/7/cgroup": HYBRID,
        **folders(f"cpuacct/{place}", {"cpuacct.usage": "29825134\n"}),
        **folders(f"cpu/{place}", {"cpu.cfs_quota_us": "50000\n", "cpu.cfs_period_us": "100000\n"}),
        **folders(
            f"memory/{place}",
            {
                "memory.usage_in_bytes": "823296\n",
                "memory.limit_in_bytes": "67108864\n",
                "memory.stat": "cache 5\ninactive_file 1\ntotal_inactive_file 4096\n",
            },
        ),
        **folders(f"pids/{place}", {"pids.current": "2\n", "pids.max": "50\n"}),
        **folders(f"blkio/{place}", {"blkio.throttle.io_service_bytes": "8:0 Read 4096\n8:0 Write 1\nTotal 4097\n"}),
        **base,
    }


def test_a_container_of_the_first_hierarchy(tree):
    host = tree(v1({}))
    group = find_group(host, 7, ID)
    assert read_usage(host, group) == Usage(0.029825134, 0.5, 819200.0, 67108864.0, 2.0, 50.0, 4096.0, 1.0)


def test_a_container_of_the_unified_hierarchy(tree):
    place = f"system.slice/docker-{ID}.scope"
    files = {
        "cpu.stat": "usage_usec 1500000\nuser_usec 1\n",
        "cpu.max": "max 100000\n",
        "memory.current": "1000000\n",
        "memory.stat": "anon 1\ninactive_file 400000\n",
        "memory.max": "max\n",
        "pids.current": "3\n",
        "pids.max": "max\n",
        "io.stat": "8:0 rbytes=10 wbytes=20 rios=1\n253:0 rbytes=1 wbytes=2\n",
    }
    host = tree({"proc/9/cgroup": f"0::/{place}/init.scope\n", **folders(place, files)})
    group = find_group(host, 9, ID)
    assert group.folder("memory") == f"sys/fs/cgroup/{place}", "what the container makes below is not its limit"
    assert read_usage(host, group) == Usage(1.5, None, 600000.0, None, 3.0, None, 11.0, 22.0)


def test_a_limit_in_the_unified_hierarchy(tree):
    place = f"docker/{ID}"
    files = {"cpu.stat": "usage_usec 0\n", "cpu.max": "150000 100000\n", "memory.max": "1048576\n"}
    host = tree({"proc/9/cgroup": f"0::/{place}\n", **folders(place, files)})
    usage = read_usage(host, find_group(host, 9, ID))
    assert (usage.cpu_limit, usage.memory_limit_bytes, usage.memory_bytes, usage.read_bytes) == (
        1.5,
        1048576,
        None,
        None,
    )


def test_no_limit_in_the_first_hierarchy_is_none(tree):
    place = f"libpod_parent/libpod-{ID}"
    none = {
        **folders(f"cpu/{place}", {"cpu.cfs_quota_us": "-1\n", "cpu.cfs_period_us": "100000\n"}),
        **folders(f"memory/{place}", {"memory.usage_in_bytes": "5\n", "memory.limit_in_bytes": f"{2**63 - 4096}\n"}),
        **folders(f"pids/{place}", {"pids.max": "max\n"}),
    }
    host = tree(v1(none))
    usage = read_usage(host, find_group(host, 7, ID))
    assert (usage.cpu_limit, usage.memory_limit_bytes, usage.pids_limit) == (None, None, None)


def test_more_cache_than_use_is_no_negative_use(tree):
    place = f"memory/libpod_parent/libpod-{ID}"
    host = tree(v1(folders(place, {"memory.stat": "total_inactive_file 99999999\n"})))
    assert read_usage(host, find_group(host, 7, ID)).memory_bytes == 823296


@pytest.mark.parametrize(
    "membership",
    ["", "garbage", "0::/\n", f"0::/../../docker/{ID}\n", f"0::/docker/{ID}\n", "0::/docker/" + "0" * 64 + "\n"],
)
def test_what_cannot_be_seen_from_here_has_no_group(tree, membership):
    assert find_group(tree({"proc/7/cgroup": membership}), 7, ID) is None


def test_a_process_that_is_gone_has_no_group(tmp_path):
    assert find_group(Host(str(tmp_path)), 7, ID) is None


def test_a_group_that_went_away_says_so(tree, tmp_path):
    host = tree(v1({}))
    group = find_group(host, 7, ID)
    (tmp_path / f"sys/fs/cgroup/cpuacct/libpod_parent/libpod-{ID}/cpuacct.usage").unlink()
    with pytest.raises(HostError, match="gone"):
        read_usage(host, group)


def test_traffic_is_of_all_interfaces_but_the_loopback(tree):
    assert read_interfaces(tree({"proc/7/net/dev": NET_DEV}), 7) == (5348, 668)
    assert read_interfaces(tree({}), 8) == (None, None)


@given(st.text(), st.text(max_size=3))
def test_no_text_breaks_a_parser(text, mark):
    parse_membership(text, mark)
    parse_io(text.splitlines())
    parse_interfaces(text)
    parse_interfaces("\n\n" + text)


def test_the_processes_of_this_machine_are_in_no_container():
    assert find_group(Host(), int(pathlib.Path("/proc/self").readlink().name), ID) is None
