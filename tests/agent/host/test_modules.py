import os
import subprocess
import sys
from importlib import import_module

from wakeful_agent.host.modules import only_now

CODE = """
import sys
from wakeful_agent.host.modules import only_now
import string
assert "wave" not in sys.modules
with only_now("wave", "string", "xml"):
    import wave, xml.dom.minidom, quopri
gone = [name for name in ("wave", "xml", "xml.dom", "xml.dom.minidom") if name in sys.modules]
assert not gone, gone
assert "string" in sys.modules, "it was there before"
assert "quopri" in sys.modules, "nobody named it"
try:
    with only_now("wave"):
        import wave
        raise KeyError
except KeyError:
    assert "wave" not in sys.modules
"""


def test_modules_are_forgotten_that_were_not_there_before():
    # Without coverage in there: it loads modules of its own.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    subprocess.run([sys.executable, "-c", CODE], check=True, env=environ)


def test_what_is_forgotten_here_can_be_had_again():
    sys.modules.pop("wave", None)
    with only_now("wave"):
        first = import_module("wave")
    assert "wave" not in sys.modules
    assert import_module("wave") is not first
