from wakeful_agent.meters.load import LoadMeter, parse_loadavg


def test_the_three_averages(machine):
    reading = LoadMeter().read(machine("bare-metal"), 0)
    assert [one.name for one in reading.series] == [f"system.load_average.{span}" for span in ("1m", "5m", "15m")]
    assert reading.values == [0.52, 1.25, 2.0]


def test_later_fields_do_not_matter():
    assert parse_loadavg("1 2 3") == [1, 2, 3]
