"""`wakeful-agent probe`: what the agent may do here."""

from __future__ import annotations

from wakeful_agent import bootstrap, capabilities
from wakeful_agent.cli.exits import OK
from wakeful_agent.cli.place import here, painted, show_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse


def main(chosen: argparse.Namespace) -> int:
    """Print the capabilities."""
    found, absent = bootstrap.probe(here())
    if chosen.json:
        show_json({"capabilities": [{**item.document(), "here": item.name not in absent} for item in found]})
        return OK
    for line in capabilities.banner(found, absent):
        print(painted(line, line.startswith("+")) if line[:1] in "+-" else line)
    there = sum(1 for item in found if item.available)
    print(f"{there} of {len(found)} are there. What is missing costs its own readings and nothing else.")
    return OK
