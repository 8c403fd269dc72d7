"""`wakeful-agent probe`: what the agent may do here."""

from __future__ import annotations

from wakeful_agent import askable, bootstrap, capabilities
from wakeful_agent.cli.exits import OK
from wakeful_agent.cli.place import here, painted, show_json
from wakeful_agent.config import ConfigErrors

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from wakeful_agent.bootstrap import Place


def main(chosen: argparse.Namespace) -> int:
    """Print the capabilities."""
    place = here()
    found, absent = bootstrap.probe(place)
    asked = _asked(place)
    if chosen.json:
        rows = [{**item.document(), "here": item.name not in absent} for item in found]
        show_json({"capabilities": rows, "asked": asked})
        return OK
    for line in capabilities.banner(found, absent):
        print(painted(line, line.startswith("+")) if line[:1] in "+-" else line)
    there = sum(1 for item in found if item.available)
    print(f"{there} of {len(found)} are there. What is missing costs its own readings and nothing else.")
    print("\n".join(asked))
    return OK


def _asked(place: Place) -> list[str]:
    try:
        return askable.summary(bootstrap.read_config(place).config.orders)
    except ConfigErrors:
        return ["what may be asked here is not known: `wakeful-agent check-config` says what is wrong"]
