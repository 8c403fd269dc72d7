"""What restarts the agent here, and what it said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.update.manifest import NotFit
from wakeful_agent.update.restarting import find_way, restart

if TYPE_CHECKING:
    from pathlib import Path


def tool(path: Path, body: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("sign", "program", "word"),
    [("run/systemd/system", "systemctl", "--no-block"), ("run/openrc", "rc-service", "restart")],
)
def test_the_service_manager_restarts_it(tmp_path: Path, sign: str, program: str, word: str) -> None:
    host = Host(str(tmp_path), programs=(str(tmp_path / "bin"),), user_id=0)
    tool(tmp_path / "bin" / program, 'echo "$@" >"$0.said"')
    with pytest.raises(NotFit, match="nothing is known"):
        find_way(host, str(tmp_path))
    (tmp_path / sign).mkdir(parents=True)
    way = find_way(host, str(tmp_path))
    assert restart(host, way, {}) == ""
    assert word in (tmp_path / "bin" / f"{program}.said").read_text()
    tool(tmp_path / "bin" / program, "echo no >&2; exit 3")
    assert "ended with 3: no" in restart(host, way, {})
    (tmp_path / "bin" / program).unlink()
    assert restart(host, way, {})


def test_without_root_the_scripts_do(tmp_path: Path) -> None:
    for name in ("stop.sh", "start.sh"):
        tool(tmp_path / "scripts" / name, f'echo "{name} $STATE_DIR" >>"{tmp_path}/said"')
    host = Host(user_id=1000)
    assert restart(host, find_way(host, str(tmp_path)), {"STATE_DIR": "/s"}) == ""
    assert (tmp_path / "said").read_text() == "stop.sh /s\nstart.sh /s\n"
