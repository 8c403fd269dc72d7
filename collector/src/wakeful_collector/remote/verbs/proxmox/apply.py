"""apply: what the plan names is done, step by step, and nothing that was not approved."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import asking
from wakeful_collector.remote.failure import OK, REFUSED, USAGE, Failure, usage
from wakeful_collector.remote.proxmox import applies, deeds, naming, plans
from wakeful_collector.remote.proxmox.wishing import PATIENCE_SECONDS, answered, files_of
from wakeful_collector.remote.table import Styled

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
Plans, shows the plan and asks; the answer is bound to the plan's digest: were it another by then, nothing is done.
Scripts name the digest that was approved (--digest), or say --yes to whatever the plan is. Without files the wishes
that the collector keeps are applied.

Nothing is rebooted, stopped or destroyed without the option that names it: such steps are left out, and the exit code
is 3 (7: it was refused). It goes step by step and stops at the first that fails; --resume goes on from there. Ctrl-C
only stops looking."""
EXAMPLES = """\
wakeful proxmox apply wishes/
wakeful proxmox apply web.yaml --allow-reboot
wakeful proxmox apply wishes/ --digest 5f0c...e1 --wait 30m
wakeful proxmox apply wishes/ --dry-run
wakeful proxmox apply --resume a-17
"""
_ALLOWED = {"allow_reboot": "reboot", "allow_stop": "stop", "allow_destroy": "destroys"}

Record = dict[str, Any]


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("files", nargs="*", metavar="FILE", help="files and folders, - for standard input")
    naming.add_cluster(parser)
    parser.add_argument("--allow-reboot", action="store_true", help="guests may be rebooted")
    parser.add_argument("--allow-stop", action="store_true", help="guests may be stopped")
    parser.add_argument("--allow-destroy", action="store_true", help="guests, disks and snapshots may be destroyed")
    parser.add_argument("--digest", metavar="DIGEST", help="the digest of the plan that was approved; nobody is asked")
    parser.add_argument("--resume", metavar="ID", help="go on with one that stopped")
    parser.add_argument("--dry-run", action="store_true", help="show the requests that would be sent, and send none")
    deeds.add_waiting(parser)
    asking.add_sureness(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Apply."""
    allowed = {name: True for name in _ALLOWED if getattr(given, name)}
    if given.resume is not None:
        if given.files or given.digest:
            raise usage("what is resumed has its files and digest already")
        if given.dry_run:
            return _rehearse(session, {"resume": given.resume} | allowed)
        session.confirm(f"Go on with {given.resume}.", "changes", str(given.resume), given.yes)
        return _followed(session, {"resume": given.resume} | allowed, given.wait)
    asked = files_of(given.files) | naming.in_cluster(given)
    plan: Record = answered(session, "proxmox.plan", asked)["plan"]
    if not plans.steps_of(plan):
        return _nothing(session, plan)
    if given.digest is not None and given.digest != plan.get("digest"):
        message = "the plan is not the one that was approved: a cluster, a file or the wishes changed meanwhile"
        raise Failure(REFUSED, "digest", message, f"it is {plan.get('digest')} now; look at it: wakeful proxmox plan")
    asked |= allowed | {"digest": plan.get("digest")}
    if given.dry_run:
        return _rehearse(session, asked)
    if not session.json:
        plans.told(session.err, plan, "")
    hurts = _permitted(session, plan, allowed)
    _approve(session, plan, hurts, given.yes or given.digest is not None)
    return _followed(session, asked, given.wait)


def _nothing(session: Session, plan: Record) -> int:
    if session.json:
        session.out.document({"plan": plan, "apply": None})
    else:
        plans.told(session.out, plan, "All is as declared; there is nothing to do.")
    return USAGE if plans.problems_of(plan) else OK


def _rehearse(session: Session, asked: Record) -> int:
    found = asking.result_of(session, "proxmox.apply", asked | {"dry_run": True}, PATIENCE_SECONDS)
    if session.json:
        session.out.document(found)
    else:
        plans.requests(session.out, found.get("requests"))
    return OK


def _permitted(session: Session, plan: Record, allowed: Record) -> bool:
    """Say which steps need an option that was not given, and are left out; raise Failure when none is left.

    Returns whether any of those that are done is more than live.
    """
    granted = {effect for name, effect in _ALLOWED.items() if name in allowed}
    steps = plans.steps_of(plan)
    lacking = [one for one in steps if one.get("effect") in plans.FLAGS.keys() - granted]
    hurts = any(one.get("effect") in granted for one in steps)
    if not lacking:
        return hurts
    flags = " ".join(dict.fromkeys(plans.FLAGS[str(one.get("effect"))] for one in lacking))
    which = ", ".join(f"{one.get('number')} ({one.get('title')})" for one in lacking)
    said = f"step{'' if len(lacking) == 1 else 's'} {which} would need {flags}"
    if len(lacking) == len(steps):
        raise Failure(REFUSED, "not_allowed", f"nothing was done: {said}", f"give {flags} if that is meant")
    if not session.json:
        session.err.line(Styled(f"Left out: {said}.", "warn"))
    return hurts


def _approve(session: Session, plan: Record, hurts: bool, sure: bool) -> None:
    short = str(plan.get("digest"))[: plans.DIGEST_SHOWN]
    count = len(plans.steps_of(plan))
    said = f"Apply {'this step' if count == 1 else f'these {count} steps'}, digest {short}."
    session.confirm(said, "destroys" if hurts else "changes", short, sure)


def _followed(session: Session, asked: Record, wait_seconds: float) -> int:
    """Ask for it and follow it; return the exit code."""
    asked["request_key"] = secrets.token_hex(16)
    found = asking.asked_once(session, "proxmox.apply", asked).get("apply")
    if not isinstance(found, dict):
        raise Failure(1, "bad_answer", "the collector's answer holds no apply", "are versions far apart?")
    found = applies.ended(session, found, wait_seconds) if wait_seconds else found
    if session.json:
        session.out.document({"operation": "proxmox.apply", "result": {"apply": found}, "command": None})
    else:
        applies.told(session, found)
    return applies.exit_code(found, wait_seconds)
