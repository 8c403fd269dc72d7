"""`wakeful-agent once`: one collection, printed as the push it would be."""

from __future__ import annotations

from wakeful_agent import bootstrap
from wakeful_agent.cli.exits import OK, USAGE
from wakeful_agent.cli.place import complain_of, here, show_json
from wakeful_agent.config import ConfigErrors
from wakeful_agent.host.log import Log

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def main(_chosen: argparse.Namespace) -> int:
    """Print one collection as JSON on stdout; everything else goes to stderr."""
    try:
        push = bootstrap.collect_once(here(), Log())
    except ConfigErrors as errors:
        complain_of(errors)
        return USAGE
    show_json(push)
    return OK
