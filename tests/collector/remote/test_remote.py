"""The program as a whole: starts fast, imports nothing of the server."""

import subprocess
import sys

from wakeful_collector import __version__

HEAVY = ("argparse", "flask", "http", "json", "msgspec", "numpy", "sqlite3", "ssl", "typing", "urllib")
SERVER = ("flask", "gunicorn", "msgspec", "numpy", "sqlite3", "wakeful_agent", "wakeful_wire")


def held(*words, site=True):
    program = (
        "import sys\nfrom wakeful_collector.remote import main\n"
        f"code = main({list(words)!r})\nprint(code, *sorted(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, *([] if site else ["-S"]), "-c", program],
        env={"PYTHONPATH": ":".join(path for path in sys.path if path.endswith("src")), "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    code, *modules = ran.stdout.splitlines()[-1].split()
    return int(code), set(modules), ran


def test_the_version_is_said_before_anything_is_loaded(wakeful):
    assert wakeful("--version") == (0, f"wakeful {__version__}\n", "")
    assert wakeful("-V").code == 0
    code, modules, _ = held("--version", site=False)
    assert code == 0
    assert not modules & set(HEAVY)


def test_nothing_of_the_server_is_ever_loaded():
    code, modules, ran = held("profiles")
    assert (code, "No collector is known here" in ran.stderr) == (0, True)
    ours = {name for name in modules if name.startswith("wakeful_collector.") and ".remote" not in name}
    assert not (modules & set(SERVER)) | ours
