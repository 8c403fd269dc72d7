"""release: which release of the agent machines are given, and another one in its place."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from wakeful_collector.cli.output import CommandError, say, say_json, say_table
from wakeful_collector.cli.parser import explained
from wakeful_collector.cli.parts import settings, size_text
from wakeful_collector.model import release as model
from wakeful_collector.read import releases

if TYPE_CHECKING:
    import argparse

    from wakeful_collector.cli.parts import Subparsers
    from wakeful_collector.model.release import Release


_WAY = "./py2exe.sh builds one into dist/linux, and `wakeful-collector release add dist/linux` gives it to machines"


def add(subparsers: Subparsers, common: argparse.ArgumentParser) -> None:
    """Add the command to the parser."""
    parser = subparsers.add_parser(
        "release",
        parents=[common],
        help="the release of the agent that machines are given: show, add",
        **explained(
            "With a release to give, the line of `invite` installs the agent too, and machines update from here as far "
            "as their own file permits.",
            "wakeful-collector release add dist/linux",
            "wakeful-collector release show",
        ),
    )
    whats = parser.add_subparsers(title="commands", metavar="COMMAND", dest="what", required=True)
    show = whats.add_parser(
        "show",
        parents=[common],
        help="which release is given, and whether it is whole",
        **explained("Reads every file of it and checks it, and who signed it.", "wakeful-collector release show"),
    )
    show.add_argument("--json", action="store_true", help="print JSON")
    show.set_defaults(run=_show)
    take = whats.add_parser(
        "add",
        parents=[common],
        help="give another release: check it, then take its files over",
        **explained(
            "FOLDER holds what ./py2exe.sh built, signed by packaging/sign.py if you like. A line means one release: "
            "make new lines afterwards.",
            "wakeful-collector release add dist/linux",
            "wakeful-collector release add dist/linux --key KEY",
        ),
    )
    take.add_argument("folder", type=Path, metavar="FOLDER", help="what ./py2exe.sh built, such as dist/linux")
    take.add_argument("--key", metavar="KEY", help="refuse what this release key did not sign")
    take.set_defaults(run=_add)


def _show(arguments: argparse.Namespace) -> int:
    folder = releases.folder_of(settings())
    release = _whole(folder)
    key = _key_of(folder)
    if arguments.json:
        files = [{"name": one.name, "arch": one.arch, "size": one.size_bytes} for one in release.files.values()]
        say_json({"version": release.version, "key": key, "folder": str(folder), "files": files})
        return 0
    say(f"release {release.version} in {folder}, {f'signed by {key}' if key else 'not signed'}")
    rows = [[one.name, one.arch or "any", size_text(one.size_bytes)] for one in release.files.values()]
    say_table(["file", "machine", "size"], rows)
    return 0


def _add(arguments: argparse.Namespace) -> int:
    source, target = arguments.folder, releases.folder_of(settings())
    release = _whole(source)
    if arguments.key is not None:
        for name in (model.MANIFEST, model.SUMS):
            _verify(source, name, arguments.key)
    try:
        before = releases.held(target).files
    except releases.NoRelease:
        before = {}
    # The lists come last: until then the release of before is whole, as long as its files have other names.
    optional = [name for name in (f"{model.SUMS}.sig", model.KEY, f"{model.MANIFEST}.sig") if (source / name).is_file()]
    names = [*release.files, model.SUMS, *optional, model.MANIFEST]
    try:
        target.mkdir(mode=0o755, parents=True, exist_ok=True)
        for name in names:
            _copy(source / name, target / name)
        for name in {*before, f"{model.SUMS}.sig", model.KEY, f"{model.MANIFEST}.sig"} - set(names):
            (target / name).unlink(missing_ok=True)
    except OSError as error:
        raise CommandError(f"{target} could not be written: {error}") from None
    say(f"machines are given release {release.version} now")
    return 0


def _whole(folder: Path) -> Release:
    """Return the release in a folder after looking at each of its files; raise CommandError."""
    try:
        release = releases.held(folder)
        for name in release.files:
            file, _ = releases.opened(folder, name)
            file.close()
        releases.small(folder / model.SUMS)
    except releases.NoRelease as error:
        raise CommandError(f"{folder} holds no release: {error}. {_WAY}") from None
    return release


def _key_of(folder: Path) -> str | None:
    """Return the key that the folder names and that did sign its lists; raise CommandError when it did not."""
    try:
        key = model.parse_key(releases.small(folder / model.KEY).decode("ascii", "replace"))
    except releases.NoRelease:
        return None
    if key is not None:
        _verify(folder, model.SUMS, key)
        _verify(folder, model.MANIFEST, key)
    return key


def _verify(folder: Path, name: str, key_text: str) -> None:
    key = model.parse_key(key_text)
    if key is None:
        raise CommandError("a release key is 44 characters of base64", 2)
    try:
        signature = base64.b64decode(releases.small(folder / f"{name}.sig"))
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key))
        public.verify(signature, releases.small(folder / name))
    except releases.NoRelease as error:
        raise CommandError(f"{name} is not signed: {error}") from None
    except (InvalidSignature, ValueError):
        raise CommandError(f"{folder / name} is not signed by {key}") from None


def _copy(source: Path, target: Path) -> None:
    """Copy a file, whole or not at all; everybody may read it."""
    temporary = target.with_name(f".{target.name}.incoming")
    shutil.copyfile(source, temporary)
    temporary.chmod(0o644)
    temporary.replace(target)
