"""Writes the bill of materials of a bundle (CycloneDX 1.5).

    sbom.py VERSION ARCH BUNDLE SITE INTERPRETER > FILE

What was linked into the interpreter is told by sources.txt, with the patches that were applied; the program that starts
it by requirements-bootloader.txt; what was bundled as wheels by their own metadata, and what these say that they are
made of. Always the same for the same bundle.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import time
import uuid
from email.parser import HeaderParser
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).resolve().parent
# Built for the tool that freezes, and not in the bundle.
NOT_BUNDLED = {"libffi"}
LICENSES = {"python3.13": "PSF-2.0", "openssl": "Apache-2.0", "zlib": "Zlib", "xz-utils": "0BSD"}


class Source(NamedTuple):
    """A file of sources.txt."""

    package: str
    version: str
    file: str
    sha256: str


def main(arguments: list[str]) -> int:
    """Print the bill of one bundle."""
    if len(arguments) != 5:
        print(__doc__, file=sys.stderr)
        return 2
    version, arch, bundle, site, interpreter = arguments
    components = [*linked(Path(interpreter)), starter(), *wheels(Path(site))]
    files = sorted(path for path in Path(bundle).rglob("*") if path.is_file())
    summed = hashlib.sha256(json.dumps([components, [digest(path) for path in files]]).encode()).hexdigest()
    made = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"])))
    own = {
        "type": "application",
        "bom-ref": "wakeful-agent",
        "name": "wakeful-agent",
        "version": version,
        "licenses": [{"license": {"id": "Apache-2.0"}}],
        "properties": [{"name": "wakeful:arch", "value": arch}, {"name": "wakeful:glibc", "value": "2.17"}],
    }
    bill = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.UUID(summed[:32], version=4)}",
        "version": 1,
        "metadata": {"timestamp": made, "component": own},
        "components": [*components, *[file_of(path, Path(bundle)) for path in files]],
        "dependencies": [{"ref": "wakeful-agent", "dependsOn": [component["bom-ref"] for component in components]}],
    }
    print(json.dumps(bill, indent=1))
    return 0


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def file_of(path: Path, bundle: Path) -> dict[str, Any]:
    """Return a file of the bundle as a component."""
    name = str(path.relative_to(bundle))
    hashes = [{"alg": "SHA-256", "content": digest(path)}]
    return {"type": "file", "bom-ref": f"file:{name}", "name": name, "hashes": hashes}


def linked(interpreter: Path) -> list[dict[str, Any]]:
    """Return what the interpreter is made of: Debian's source packages, and the patches of theirs that were applied."""
    rows = [line.split() for line in (HERE / "sources.txt").read_text(encoding="ascii").splitlines()]
    sources = [Source(*row) for row in rows if row[0] != "#" and row[0] not in NOT_BUNDLED]
    applied = [line.split() for line in (interpreter / "patches.txt").read_text(encoding="ascii").splitlines()]
    found: dict[str, dict[str, Any]] = {}
    for source in sources:
        patches = [patch for package, patch in applied if package == source.package]
        made = found.setdefault(source.package, component(source.package, source.version, debian(source)))
        made["licenses"] = [{"license": {"id": LICENSES[source.package]}}]
        made.setdefault("externalReferences", []).append(
            {"type": "distribution", "url": source.file, "hashes": [{"alg": "SHA-256", "content": source.sha256}]}
        )
        if patches:
            made["pedigree"] = {"notes": "Patches of Debian that were applied: " + ", ".join(patches)}
    return list(found.values())


def starter() -> dict[str, Any]:
    """Return the program that starts the interpreter, with the modules that it loads first."""
    pinned = re.search(
        r"^pyinstaller==(\S+) \\\n +--hash=sha256:([0-9a-f]{64})$",
        (HERE / "requirements-bootloader.txt").read_text(encoding="ascii"),
        re.MULTILINE,
    )
    if pinned is None:
        raise ValueError("requirements-bootloader.txt does not pin pyinstaller")
    made = component("pyinstaller", pinned[1], f"pkg:pypi/pyinstaller@{pinned[1]}")
    made["licenses"] = [{"expression": "GPL-2.0-or-later WITH Bootloader-exception"}]
    made["hashes"] = [{"alg": "SHA-256", "content": pinned[2]}]
    return made


def debian(source: Source) -> str:
    """Return the package URL of a source package."""
    return f"pkg:deb/debian/{source.package}@{source.version.replace(':', '%3A')}?arch=source"


def component(name: str, version: str, purl: str) -> dict[str, Any]:
    """Return a library as a component."""
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def wheels(site: Path) -> list[dict[str, Any]]:
    """Return the wheels of the bundle, each with what it says that it was built of."""
    found = []
    for folder in sorted(site.glob("*.dist-info")):
        told = HeaderParser().parsestr((folder / "METADATA").read_text(encoding="utf-8"))
        if told["Name"] == "wakeful-agent":
            continue
        made = component(told["Name"], told["Version"], f"pkg:pypi/{told['Name'].lower()}@{told['Version']}")
        stated = told["License-Expression"] or told["License"]
        if stated:
            made["licenses"] = (
                [{"expression": stated}] if told["License-Expression"] else [{"license": {"name": stated}}]
            )
        inner = [part for file in sorted(folder.glob("sboms/*.json")) for part in built_of(file, made["bom-ref"])]
        if inner:
            made["components"] = inner
        found.append(made)
    return found


def built_of(file: Path, wheel: str) -> list[dict[str, Any]]:
    """Return the components of a bill that came with a wheel, with references that are unique in ours."""
    kept = ("type", "name", "version", "licenses", "purl", "hashes")
    parts = json.loads(file.read_text(encoding="utf-8"))["components"]
    named = [(f"{wheel}#{part['name']}@{part['version']}", part) for part in parts]
    return [{"bom-ref": reference, **{key: part[key] for key in kept if key in part}} for reference, part in named]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
