"""How the agent's service is started again: by whatever runs it on this machine."""

from __future__ import annotations

import os

from wakeful_agent.host.errors import HostError
from wakeful_agent.update.manifest import NotFit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping, Sequence

    from wakeful_agent.host.files import Host

TIMEOUT_SECONDS = 120.0


def find_way(host: Host, folder: str) -> Sequence[Sequence[str]]:
    """Return the commands that restart the agent of the installation in `folder`; raise NotFit where nothing does."""
    # Only an installation for one account has these.
    scripts = [os.path.join(folder, "scripts", name) for name in ("stop.sh", "start.sh")]
    if all(os.access(script, os.X_OK) for script in scripts):
        return [[script] for script in scripts]
    if host.user_id == 0 and host.exists("run/systemd/system") and host.program("systemctl"):
        return [["systemctl", "restart", "--no-block", "wakeful-agent.service"]]
    if host.user_id == 0 and host.exists("run/openrc") and host.program("rc-service"):
        return [["rc-service", "wakeful-agent", "restart"]]
    raise NotFit("nothing is known here that restarts the agent: neither systemd, nor OpenRC, nor scripts/start.sh")


def restart(host: Host, way: Sequence[Sequence[str]], environment: Mapping[str, str]) -> str:
    """Restart the agent; return what went wrong, empty when nothing did. Whether it works shows by its pushes."""
    problem = ""
    for words in way:
        try:
            ended = host.run(words, TIMEOUT_SECONDS, environment=environment)
        except HostError as error:
            problem = str(error)
            continue
        problem = "" if ended.code == 0 else f"{os.path.basename(words[0])} ended with {ended.code}: {ended.err[-200:]}"
    return problem
