"""`wakeful-agent enroll`: spend an invite, keep what it brought, and go on as the running agent if asked to."""

from __future__ import annotations

import os
import sys

from wakeful_agent import bootstrap
from wakeful_agent.cli.exits import FAILURE, OK, USAGE
from wakeful_agent.cli.place import complain, complain_of, here
from wakeful_agent.config import ConfigErrors
from wakeful_agent.config.address import parse
from wakeful_agent.config.errors import why
from wakeful_agent.config.identity import load_identity, read_secret
from wakeful_agent.config.settings import ENVIRONMENT_PREFIX
from wakeful_agent.network.http import Unreachable
from wakeful_agent.transport.enrolment import NotTakenIn
from wakeful_wire.enroll import INVITE_PREFIX

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from wakeful_agent.bootstrap import Place

HEX_DIGITS = set("0123456789abcdef")


class Usage(Exception):
    """The arguments do not fit together; the text says why and names the way out."""


def main(chosen: argparse.Namespace) -> int:
    """Enrol this machine."""
    os.umask(0o077)
    place = here()
    try:
        _enroll(chosen, place)
    except Usage as error:
        complain(str(error))
        return USAGE
    except ConfigErrors as errors:
        complain_of(errors)
        return USAGE
    except (NotTakenIn, Unreachable) as error:
        complain(str(error))
        return FAILURE
    except OSError as error:
        complain(f"the identity cannot be kept: {why(error)}. Run this as the agent's user, or set CONFIG_DIR")
        return FAILURE
    if chosen.run:
        # A new process image: what enrolment needed (cryptography, argparse) would stay in memory for ever.
        os.execv(sys.executable, _run_again())  # noqa: S606 - our own interpreter
    print("Start it with: wakeful-agent run")
    return OK


def _run_again() -> list[str]:
    """Return the command line of the running agent: a frozen program is its own interpreter and takes no -m."""
    own = [] if getattr(sys, "frozen", False) else ["-m", "wakeful_agent"]
    return [sys.executable, *own, "run"]


def _enroll(chosen: argparse.Namespace, place: Place) -> None:
    url = _checked_url(chosen.url)
    fingerprint = _checked_fingerprint(chosen.fingerprint, url)
    known = load_identity(place.folders)
    if known is not None and not chosen.again:
        raise Usage(
            f"this machine is enrolled at {known.url} as {known.agent_id}. Start it with `wakeful-agent run`, "
            "or give --again to enrol it anew"
        )
    taken = bootstrap.enroll(place, url, fingerprint, _invite(chosen, place), chosen.name)
    print(f"Enrolled at {taken.url} as {taken.agent_id}.", flush=True)


def _checked_url(text: str) -> str:
    try:
        address = parse(text)
    except ValueError as error:
        raise Usage(f"the address {text!r} {error}") from None
    if address.credentials:
        raise Usage("the address must not hold a user and password")
    if address.scheme == "http" and not address.loopback:
        complain("warning: http sends the token unencrypted; anyone on the way can read it. Use https where you can")
    return address.text


def _checked_fingerprint(text: str | None, url: str) -> str | None:
    if text is None:
        return None
    digits = text.strip().lower().replace("sha256:", "", 1).replace(":", "")
    if len(digits) != 64 or not set(digits) <= HEX_DIGITS:
        raise Usage("--fingerprint must be sha256: and 64 hex digits; `wakeful-collector invite` prints it")
    if not url.startswith("https://"):
        raise Usage("--fingerprint is for https addresses; this one has no certificate")
    return f"sha256:{digits}"


def _invite(chosen: argparse.Namespace, place: Place) -> str:
    path = chosen.invite_file or place.environ.get(f"{ENVIRONMENT_PREFIX}INVITE_FILE")
    if chosen.invite:
        invite = str(chosen.invite)
    elif path == "-":
        invite = sys.stdin.readline().strip()
    elif path:
        invite = read_secret(path, "invite", "give the file that holds the line's wk_inv_ word")
    else:
        raise Usage("give the invite with --invite, --invite-file or WAKEFUL_AGENT_INVITE_FILE")
    if not invite.startswith(INVITE_PREFIX):
        raise Usage(f"an invite starts with {INVITE_PREFIX}; `wakeful-collector invite` prints one")
    return invite
