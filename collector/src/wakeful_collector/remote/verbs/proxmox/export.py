"""export: guests and pools as files of wishes; whoever plans them finds nothing to change."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from wakeful_collector.remote import asking
from wakeful_collector.remote.client import records
from wakeful_collector.remote.failure import FAILED, OK, REFUSED, Failure, usage
from wakeful_collector.remote.proxmox import naming
from wakeful_collector.remote.proxmox.wishing import PATIENCE_SECONDS
from wakeful_collector.remote.table import Styled
from wakeful_collector.remote.width import harmless

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from wakeful_collector.remote.session import Session

ABOUT = """\
Without --to the files are printed as one stream of documents. With it each is written into that folder; files that are
there are left alone unless --force says so. What cannot be exported (its configuration was not seen, or may not be) is
said, its file is left as it is, and the exit code is 1."""
EXAMPLES = """\
wakeful proxmox export --cluster lab --to wishes/
wakeful proxmox export web-1 db-1 > two.yaml
"""
_NAME = re.compile(r"([A-Za-z0-9_][A-Za-z0-9_.-]{0,60}/)?[A-Za-z0-9_][A-Za-z0-9_.-]{0,120}\.ya?ml")


def add(parser: argparse.ArgumentParser) -> None:
    """Add the command's own arguments."""
    parser.add_argument("guests", nargs="*", metavar="GUEST", help="only these guests, by number or name")
    naming.add_cluster(parser)
    parser.add_argument("--to", metavar="FOLDER", help="write files into this folder")
    parser.add_argument("--force", action="store_true", help="write over files that are there")


def run(session: Session, given: argparse.Namespace) -> int:
    """Export."""
    chosen = [naming.guest(session, word, given.cluster) for word in given.guests]
    clusters = {str(one.get("cluster")) for one in chosen} or {naming.cluster(session, given.cluster)}
    if len(clusters) > 1:
        raise usage("these guests are of several clusters", "export each cluster by itself")
    asked: dict[str, object] = {"cluster": clusters.pop()}
    if chosen:
        asked["vmids"] = [one.get("vmid") for one in chosen]
    found = asking.result_of(session, "proxmox.export", asked, PATIENCE_SECONDS)
    every = [(str(one.get("path")), str(one.get("text"))) for one in records(found, "files")]
    files = [(name, text) for name, text in every if not _is_remark(text)]
    if given.to is not None:
        written = _written(given.to, files, given.force)
        if session.json:
            session.out.document({"written": written})
        else:
            session.out.line(f"{len(written)} file{'s' if len(written) != 1 else ''} written to {given.to}")
    elif session.json:
        session.out.document(found)
    else:
        session.out.script(_stream(text for _, text in files))
    for _, text in [one for one in every if one not in files]:
        session.err.line(Styled(text.strip().lstrip("# "), "warn"))
    return OK if files == every else FAILED


def _is_remark(text: str) -> bool:
    """Tell whether a file holds no wish, but says why there is none."""
    return all(line.startswith("#") for line in text.splitlines() if line.strip())


def _stream(texts: Iterable[str]) -> str:
    """Return documents as one stream; whoever has a terminal reads them, so nothing in them may act on one."""
    whole = "\n---\n".join(text.removesuffix("\n") for text in texts)
    return "".join(f"{harmless(line)}\n" for line in whole.splitlines())


def _written(folder: str, files: list[tuple[str, str]], over: bool) -> list[str]:
    """Write files and return their paths; raise Failure before the first when one may not be written."""
    for name, _ in files:
        if _NAME.fullmatch(name) is None:
            raise Failure(FAILED, "bad_answer", f"the collector names a file {name!r}, which is none of ours")
    paths = [os.path.join(folder, name) for name, _ in files]
    there = [path for path in paths if os.path.lexists(path)]
    if there and not over:
        raise Failure(REFUSED, "there_already", f"{there[0]} is there already", "--force writes over it")
    for path, (_, text) in zip(paths, files, strict=True):
        _write(path, text)
    return paths


def _write(path: str, text: str) -> None:
    """Put a file in its place whole, never through a link that stands there."""
    beside = f"{path}.{os.getpid()}.new"
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(beside, "x", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(beside, path)
    except OSError as error:
        raise Failure(FAILED, "not_written", f"{path} cannot be written: {error.strerror}") from None
