# The fixtures are what PHP-FPM 8.2 of Debian 12 answered.
import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.meter import NoData
from wakeful_agent.meters.php_fpm import PhpFpmMeter, parse_pools, parse_status

PAGES = pathlib.Path(__file__).parents[2] / "fixtures/php_fpm"
STATUS, NOT_FOUND = (PAGES / "status_json.bin").read_bytes(), (PAGES / "not_found.bin").read_bytes()
JSON = '{"pool":"web","process manager":"static","accepted conn":7,"idle processes":true,"listen queue":-1}'
HOST = Host("/nowhere")
POOLS = """
; a comment = x
pm.status_path = /before-any-pool
[www]
user = www-data
listen = /run/php/php8.2-fpm.sock ; where
pm.status_path = "/fpm-status"
[quiet]
listen = /run/php/quiet.sock
;pm.status_path = /status
[$evil\x1b]
listen = 9001
pm.status_path = /s
[ports]
listen = 0.0.0.0:9002
pm.status_path = /s
[own]
listen = /run/php/$pool.sock
pm.status_listen = 127.0.0.1:9003
pm.status_path = /s
[named]
listen = /run/php/$pool.sock
pm.status_path = /s
[nowhere]
pm.status_path = /s
"""


def test_the_pools_that_show_a_status():
    assert parse_pools(POOLS, "8.2") == [
        ("www (8.2)", "unix:/run/php/php8.2-fpm.sock", {"path": "/fpm-status"}),
        ("$evil\ufffd (8.2)", "127.0.0.1:9001", {"path": "/s"}),
        ("ports (8.2)", "127.0.0.1:9002", {"path": "/s"}),
        ("own (8.2)", "127.0.0.1:9003", {"path": "/s"}),
        ("named (8.2)", "unix:/run/php/named.sock", {"path": "/s"}),
    ]


def test_they_are_found_in_the_configuration_of_every_version(made, tmp_path):
    host = made(
        {
            "etc/php/7.4/fpm/pool.d/www.conf": "[www]\nlisten=/a\npm.status_path=/s\n",
            "etc/php/8.2/fpm/pool.d/www.conf": "[www]\nlisten=/b\npm.status_path=/s\n",
            "etc/php/8.2/fpm/pool.d/www.conf.dpkg-old": "[old]\nlisten=/c\npm.status_path=/s\n",
            "etc/php/8.2/cli/php.ini": "",
        }
    )
    (tmp_path / "etc/php/8.2/fpm/pool.d/gone.conf").symlink_to("/nowhere")
    assert [target.name for target in PhpFpmMeter().usual(host)] == ["www (7.4)", "www (8.2)"]


def test_they_are_found_where_there_is_one_version_alone(made):
    host = made({"etc/php-fpm.d/www.conf": "[www]\nlisten = /run/php-fpm/www.sock\npm.status_path = /status\n"})
    assert PhpFpmMeter().usual(host) == [("www", "unix:/run/php-fpm/www.sock", {"path": "/status"})]


def test_without_any_the_reason_says_what_is_missing(made):
    meter = PhpFpmMeter()
    with pytest.raises(NoData, match=r"pm\.status_path"):
        meter.read(HOST, 0)
    assert "pm.status_path" in meter.probe(HOST).reason


def test_a_pool_over_its_socket_over_http_and_none(answered, paged):
    meter = PhpFpmMeter()
    url = paged({"/s?json": JSON, "/json?json": JSON, "/s?full&json": JSON})
    meter.configure(
        {
            "targets": [
                f"www={answered(STATUS, 'unix').address} path=/fpm",
                f"web={url}/s",
                f"named={url}/json",
                f"full={url}/s?full",
                f"said={url}/s?json",
                f"off={answered(NOT_FOUND).address}",
                f"html={paged({'/s?json': '<html>'})}/s",
            ]
        }
    )
    reading = meter.read(HOST, 0)
    found = {(one.name, *dict(one.labels).values()): value for one, value in zip(*reading[:2])}
    assert found["php_fpm.up", "www"] == 1
    assert found["php_fpm.uptime", "www"] >= 0
    assert found["php_fpm.connections.accepted", "www"] == 1
    assert found["php_fpm.processes", "active", "www"] == 1
    assert [found["php_fpm.connections.accepted", name] for name in ("web", "named", "full", "said")] == [7] * 4
    assert found["php_fpm.processes", "idle", "web"] is None
    assert found["php_fpm.queue.length", "web"] is None
    assert found["php_fpm.up", "off"] == 0
    rows = reading.inventories["php_fpm"]
    assert rows[0] == {"target": "www", "state": "up", "error": "", "pool": "www", "process_manager": "dynamic"}
    assert "answers 404 to /status" in rows[5]["error"]
    assert "is not FPM's status page" in rows[6]["error"]


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "[" * 100_000, '{"accepted'])
def test_another_page_is_none(text):
    with pytest.raises(Malformed):
        parse_status(text)


@given(st.text())
def test_no_configuration_breaks_it(text):
    assert isinstance(parse_pools(text, "8.2"), list)


@given(st.text())
def test_no_answer_breaks_it(text):
    try:
        parse_status(text)
    except HostError:
        return
