"""With no room left, who is known stays known: that they came is only not noted."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HOURS_LATER = """
import pathlib, resource, signal, sys
from wakeful_collector.accounts import keys, sessions
from wakeful_collector.model.store_errors import StoreFull
from wakeful_collector.store import database, people
from wakeful_collector.store.changes import changing
data, now_ms = pathlib.Path(sys.argv[1]), 1_800_000_000_000
database.reader(data, "state").execute("SELECT * FROM users").fetchall()
for number in range(12):
    with changing(data) as connection:
        people.add_user(connection, f"other{number}", None, "read", now_ms)
with changing(data) as connection:
    user = people.add_user(connection, "ada", None, "read", now_ms)
    token = sessions.begin(connection, user, sessions.Visitor("192.0.2.7"), now_ms, 30)
    secret = keys.create(connection, "grafana", ("read",), "user:ada", now_ms, None).secret
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
try:
    with changing(data) as connection:
        people.add_user(connection, "bob", None, "read", now_ms)
except StoreFull:
    print("full")
print(sessions.principal_of_session(data, token, "192.0.2.7", now_ms + 3_600_000).name)
print(keys.principal_of_key(data, secret, "192.0.2.8", now_ms + 3_600_000).name)
"""


def test_people_and_programs_still_come_in(data: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", HOURS_LATER, str(data)], capture_output=True, text=True, check=False, timeout=60
    )
    assert run.stdout == "full\nuser:ada\nkey:grafana\n", run.stderr
