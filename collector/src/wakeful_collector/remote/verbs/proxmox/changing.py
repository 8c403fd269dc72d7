"""add, change, remove: the clusters that the collector knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.remote import arguments, asking
from wakeful_collector.remote.failure import OK, Failure
from wakeful_collector.remote.proxmox import testing
from wakeful_collector.remote.table import Styled
from wakeful_collector.remote.verbs.run import value_of

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.remote.session import Session

ABOUT = """\
A cluster has a name of yours, the nodes whose API is asked (hosts, several are tried in order), and a login: an API
token user@realm!tokenid, or user@realm with a password. Its secret is given as secret=@FILE or secret=@-, never as it
is. Certificates are verified: by the system's authorities, by ca=@FILE (/etc/pve/pve-root-ca.pem of a node), or by
fingerprints that were trusted. There is no way to believe just anybody.

After adding and changing, the connection is tested and each failure explained. Removing forgets the cluster and all its
history here, and does nothing to the cluster."""
EXAMPLES = """\
wakeful proxmox add lab hosts=pve1.lan,pve2.lan login=wakeful@pve!wakeful secret=@- ca=@pve-root-ca.pem
wakeful proxmox change lab poll_seconds=30 protected=100,prod
wakeful proxmox change lab secret=@token.txt
wakeful proxmox remove lab
"""
Record = dict[str, Any]


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("cluster", metavar="CLUSTER", help="its name")
    if not parser.prog.endswith(" remove"):
        parser.add_argument("arguments", nargs="*", default=[], metavar="key=value", help="its settings")
        parser.add_argument("--no-test", action="store_true", help="do not test the connection afterwards")
    asking.add_sureness(parser)


def run(session: Session, given: argparse.Namespace) -> int:
    """Do what the command is called for."""
    if given.verb == "remove":
        session.confirm(
            f"Forget the cluster {given.cluster} with all its history.", "destroys", given.cluster, given.yes
        )
        return _done(session, "proxmox.cluster.remove", {"name": given.cluster}, given.cluster)
    operation = f"proxmox.cluster.{given.verb}"
    offered = asking.operation(session, operation)
    secret = set(offered.get("secrets") or [])
    words = [value_of(session, name, text, name in secret) for name, text in arguments.pairs(given.arguments)]
    made = arguments.by_schema([("name", given.cluster), *words], offered.get("arguments") or {})
    if given.verb == "change":
        shown = " ".join(f"{name}={text}" for name, text in words if name not in secret)
        session.confirm(f"Change the cluster {given.cluster} {shown}".rstrip() + ".", "changes", "", given.yes)
    code = _done(session, operation, made, given.cluster)
    return code if given.no_test or session.json else _tested(session, given.cluster)


def _done(session: Session, operation: str, asked: Record, name: str) -> int:
    found = asking.result_of(session, operation, asked)
    if session.json:
        session.out.document({"operation": operation, "result": found, "command": None})
    else:
        session.out.line(Styled("done", "good"), f" {operation.rpartition('.')[2]} {name}")
    return OK


def _tested(session: Session, name: str) -> int:
    """Tell how the connection fares; the cluster is kept either way, so that it can be mended."""
    try:
        found = testing.tested(session, {"cluster": name})
    except Failure as problem:
        session.err.line("  ", Styled(f"the test could not be done: {problem.message}", "dim"))
        return OK
    testing.told(session.out, found, only_wrong=True)
    shown = str(found.get("fingerprint") or "")
    if shown and session.attended:
        question = f"Is {shown} what `pvenode cert info` says on that node? Then it is believed from now on."
        session.confirm(question, "changes", name, sure=False)
        asking.result_of(session, "proxmox.trust", {"cluster": name, "fingerprint": shown})
        return _tested(session, name)
    if found.get("ok"):
        session.out.line("  ", Styled(f"wakeful proxmox guests --cluster {name}", "dim"))
    return OK
