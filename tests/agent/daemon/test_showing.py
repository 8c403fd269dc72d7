import os
import subprocess
import sys
import time
import urllib.request

import pytest

from wakeful_agent.daemon.showing import Showing
from wakeful_agent.host.log import Log
from wakeful_agent.meter import OK, Result
from wakeful_wire.schema import series

RESULTS = {"load": Result(OK, "", 0.1, [series("system.load_average.1m")], [0.5])}


class Lines(list):
    def __bool__(self):
        return True

    def write(self, text):
        self.append(text)

    def flush(self):
        return


@pytest.fixture
def said():
    return Lines()


@pytest.fixture
def showing(said):
    made = Showing(Log("info", said), lambda: 0)
    yield made
    made.configure(None)


def page(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        return answer.read().decode()


def test_it_shows_while_it_is_on(showing):
    showing.take(RESULTS)
    assert showing.port == 0
    showing.configure("127.0.0.1:0")
    showing.take(RESULTS)
    port = showing.port
    assert "node_load1 0.5\n" in page(port)
    showing.configure("127.0.0.1:0")
    assert showing.port == port, "the same address stays as it is"
    showing.configure(None)
    assert showing.port == 0
    with pytest.raises(OSError, match="refused"):
        page(port)


def test_a_taken_address_is_said_once_and_tried_again(showing, said):
    other = Showing(Log("info", Lines()), lambda: 0)
    other.configure("127.0.0.1:0")
    address = f"127.0.0.1:{other.port}"
    for _ in range(2):
        showing.configure(address)
        showing.take(RESULTS)
        assert showing.port == 0
    assert len(said) == 1
    assert f"nobody can listen at {address}: Address already in use" in said[0]
    other.configure(None)
    ends = time.monotonic() + 30
    while showing.port == 0 and time.monotonic() < ends:
        showing.configure(address)
    assert "is listened at" in said[-1]
    showing.take(RESULTS)
    assert "node_load1 0.5\n" in page(showing.port)


def test_while_it_is_off_nothing_of_it_is_loaded():
    program = (
        "import sys\nimport wakeful_agent.bootstrap\nfrom wakeful_agent.daemon.showing import Showing\n"
        "Showing(None, None).configure(None)\n"
        "print([name for name in sys.modules if name in ('http.server', 'ipaddress', 'wakeful_wire.node_names',"
        " 'wakeful_agent.daemon.shown', 'wakeful_agent.network.metrics_server')])"
    )
    # Measured coverage loads much by itself, `ipaddress` among it; what is looked at here is what the agent loads.
    bare = {name: text for name, text in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=bare)
    assert done.stdout.strip() == "[]"
