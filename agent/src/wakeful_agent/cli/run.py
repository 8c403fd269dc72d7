"""`wakeful-agent run`: the agent itself, in the foreground."""

from __future__ import annotations

import gc
import os

from wakeful_agent import bootstrap
from wakeful_agent.cli.exits import FAILURE, OK, USAGE
from wakeful_agent.cli.place import complain, complain_of, here
from wakeful_agent.config import ConfigErrors
from wakeful_agent.config.errors import why
from wakeful_agent.host.log import Log
from wakeful_wire import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def main(_chosen: argparse.Namespace | None = None) -> int:
    """Run the agent until it is told to stop; return the exit code."""
    os.umask(0o077)
    log = Log()
    place = here()
    try:
        daemon = bootstrap.build(place, log)
    except ConfigErrors as errors:
        complain_of(errors)
        return USAGE
    except bootstrap.Locked as error:
        complain(str(error))
        return FAILURE
    except OSError as error:
        complain(
            f"the state folder {place.folders.state} cannot be used: {why(error)}. Check its owner, or set STATE_DIR"
        )
        return FAILURE
    log.say("info", f"wakeful-agent {__version__} runs, process {os.getpid()}")
    gc.collect()
    gc.freeze()
    daemon.run()
    return OK
