from wakeful_agent.meter import AgentFigures
from wakeful_agent.meters.agent import AgentMeter


def read(meter, host):
    reading = meter.read(host, 0)
    return reading, {(one.name[6:], *dict(one.labels).values()): value for one, value in zip(*reading[:2])}


def test_what_the_daemon_knows_is_told(machine):
    figures = AgentFigures(1000, 2, 3.25, {"accepted": 7, "dropped": 1}, {"cpu": 0.00012345})
    _, found = read(AgentMeter(lambda: figures), machine("bare-metal"))
    assert found.pop(("cpu.time",)) > 0
    assert found.pop(("memory.usage",)) % 3000 == 0
    assert found == {
        ("spool.size",): 1000,
        ("spool.pushes",): 2,
        ("spool.age",): 3.2,
        ("pushes", "accepted"): 7,
        ("pushes", "dropped"): 1,
        ("meter.duration", "cpu"): 0.0001,
    }


def test_without_a_daemon_and_without_a_number_for_memory(machine):
    meter = AgentMeter()
    first, found = read(meter, machine("centos7"))
    assert found["memory.usage",] is None
    assert meter.read(machine("centos7"), 1).series is first.series
