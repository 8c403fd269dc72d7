"""wishes: the files that the collector keeps."""

from wakeful_collector.remote.failure import OK, REFUSED, USAGE

from .answers import environ_of, results
from .declared import box


def test_wishes_are_kept_in_versions(proxmox, tmp_path):
    asked = proxmox("wishes", "keep", box(tmp_path))
    assert (asked.code, "Nobody is there" in asked.err) == (REFUSED, True)
    assert proxmox("wishes", "keep", box(tmp_path), "--yes").out.startswith("kept as version")
    version = proxmox("wishes", "keep", box(tmp_path), "--note", "twice", "--yes", "--json").document["result"][
        "version"
    ]
    ran = proxmox("wishes", scope="read")
    assert (ran.code, "twice" in ran.out) == (OK, True)
    shown = proxmox("wishes", "show", "--version", str(version))
    assert "kind: VirtualMachine" in shown.out
    assert proxmox("wishes", "--json").document["version"] == version


def test_words_that_make_no_sense(proxmox, tmp_path):
    assert proxmox("wishes", "keep").code == USAGE
    assert proxmox("wishes", "show", "more").code == USAGE
    ran = proxmox("wishes", "keep", box(tmp_path, "a lot"), "--yes")
    assert (ran.code, "box.yaml:7" in ran.err) == (USAGE, True)


def test_none_yet(wakeful):
    with results({"version": None, "files": [], "versions": []}) as there:
        ran = wakeful("proxmox", "wishes", **environ_of(there))
    assert (ran.code, "No wishes are kept yet" in ran.err) == (OK, True)
