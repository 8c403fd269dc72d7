from prometheus_client.parser import text_string_to_metric_families

from wakeful_agent import meters
from wakeful_agent.daemon.shown import Shown, own_name
from wakeful_agent.host.exposition import parse
from wakeful_agent.host.files import Host
from wakeful_agent.meter import DISABLED, FAILED, OK, Result
from wakeful_agent.runner import Runner
from wakeful_wire.names import METRICS
from wakeful_wire.schema import Series, series

NOW_MS = 1_795_000_000_000


def shown(**results):
    page = Shown(lambda: NOW_MS)
    page.take(results)
    return page


def read(page):
    return {(sample.name, *(text for _, text in sample.labels)): sample.value for sample in parse(page.text())}


def ok(*pairs, seconds=0.5):
    return Result(OK, "", seconds, [one for one, _ in pairs], [value for _, value in pairs])


def test_what_means_the_same_has_node_exporters_name():
    found = read(
        shown(
            cpu=ok((series("system.cpu.time", cpu="0", mode="idle"), 12.5)),
            network=ok(
                (series("system.network.io", device="eth0", direction="receive"), 99),
                (series("system.network.link.speed", device="eth0"), 1e9),
                (series("system.network.link.up", device="eth1"), None),
            ),
            memory=ok(
                (series("system.memory.usage", state="cached"), 100),
                (series("system.memory.slab", state="reclaimable"), 30),
            ),
        )
    )
    assert found["node_cpu_seconds_total", "0", "idle"] == 12.5
    assert found["node_network_receive_bytes_total", "eth0"] == 99
    assert found["node_network_speed_bytes", "eth0"] == 125e6
    assert ("node_network_up", "eth1") not in found
    assert found["node_memory_Cached_bytes",] == 70
    assert found["node_time_seconds",] == NOW_MS / 1000
    assert found["node_scrape_collector_success", "cpu"] == 1
    assert found["node_scrape_collector_duration_seconds", "cpu"] == 0.5


def test_what_else_there_is_has_our_name_and_what_scripts_print_their_own():
    page = shown(
        agent=ok((series("agent.cpu.time"), 3), (series("agent.spool.size"), 4)),
        textfile=ok((series("my_total", b="2", a='say "\\"\n'), 5)),
        exec=ok((series("my_total", b="2", a='say "\\"\n'), 6), (series("x", script="one"), 1.5e-9)),
    )
    found = read(page)
    assert found["wakeful_agent_cpu_time_total",] == 3
    assert found["wakeful_agent_spool_size",] == 4
    assert found["my_total", 'say "\\"\n', "2"] == 5, "a double would cost the whole page"
    assert found["x", "one"] == 1.5e-9
    assert "# TYPE wakeful_agent_cpu_time_total counter\n" in page.text()
    assert "TYPE my_total" not in page.text()


def test_a_meter_that_fails_is_shown_without_values_and_one_that_is_off_not_at_all():
    page = shown(cpu=ok((series("system.load_average.1m"), 1)), load=ok((series("system.load_average.5m"), 2)))
    page.take({"cpu": Result(FAILED, "no"), "load": Result(DISABLED)})
    found = read(page)
    assert ("node_load1",) not in found
    assert found["node_scrape_collector_success", "cpu"] == 0
    assert ("node_scrape_collector_success", "load") not in found


def test_series_that_change_are_shown_as_they_are_now():
    first = [Series("a", (("x", "1"),))]
    page = shown(textfile=Result(OK, "", 0, first, [1]))
    assert read(page)["a", "1"] == 1
    page.take({"textfile": Result(OK, "", 0, first, [2])})
    assert read(page)["a", "1"] == 2
    page.take({"textfile": Result(OK, "", 0, [Series("a", (("x", "2"),))], [3])})
    assert read(page)["a", "2"] == 3


def test_this_machine_is_read_alike_by_the_reference_parser():
    runner = Runner(Host("/"), meters.build(None))
    runner.collect(NOW_MS)
    page = Shown(lambda: NOW_MS)
    page.take(runner.collect(NOW_MS + 1000).results)
    runner.close()
    text = page.text()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    assert {"node_cpu_seconds", "node_load1", "node_memory_MemTotal_bytes", "node_uname_info"} <= set(families)
    theirs = sorted((one.name, one.value) for family in families.values() for one in family.samples)
    assert theirs == sorted((one.name, one.value) for one in parse(text))


def test_no_two_metrics_share_a_name_of_ours():
    names = [own_name(metric) for metric in METRICS.values()]
    assert len(set(names)) == len(names) > 50
    assert not [name for name in names if name.endswith(("_count", "_sum", "_bucket")) or "." in name]
