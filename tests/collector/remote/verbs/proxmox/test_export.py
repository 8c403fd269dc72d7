"""export: guests as files of wishes; whoever plans them finds nothing to change."""

import pytest

from wakeful_collector.remote.failure import FAILED, NOT_FOUND, OK, REFUSED, USAGE, Failure
from wakeful_collector.remote.verbs.proxmox import export

from .answers import environ_of, results


def test_what_is_exported_validates_and_plans_to_nothing(proxmox, estate, tmp_path):
    estate.look()
    folder = tmp_path / "wishes"
    ran = proxmox("export", "--to", str(folder), scope="read")
    assert ran.code == OK
    files = sorted(str(file.relative_to(folder)) for file in folder.rglob("*.yaml"))
    assert "lab/vm-101.yaml" in files
    assert proxmox("validate", str(folder)).code == OK
    assert proxmox("plan", str(folder)).code == OK
    again = proxmox("export", "--to", str(folder))
    assert (again.code, "--force" in again.err) == (REFUSED, True)
    assert proxmox("export", "web-1", "--to", str(folder), "--force", "--json").document["written"]


def test_some_of_them_as_one_stream(proxmox, tmp_path):
    ran = proxmox("export", "web-1", "dns")
    assert ran.code == OK
    assert ran.out.count("---\n") == 1
    file = tmp_path / "two.yaml"
    file.write_text(ran.out)
    assert proxmox("validate", str(file)).code == OK
    assert len(proxmox("export", "web-1", "--json").document["files"]) == 1
    assert proxmox("export", "nobody").code == NOT_FOUND


@pytest.mark.parametrize(
    "name", ["../evil.yaml", "/etc/x.yaml", "a/b/c.yaml", ".hidden.yaml", "x.sh", "a/../b.yaml", ""]
)
def test_hostile_names_of_files_are_refused(name, tmp_path):
    with pytest.raises(Failure) as caught:
        export._written(str(tmp_path), [(name, "x")], over=True)
    assert caught.value.exit_code == FAILED
    assert list(tmp_path.iterdir()) == []


def test_links_are_replaced_and_never_followed(tmp_path):
    target = tmp_path / "target"
    target.write_text("mine")
    (tmp_path / "a.yaml").symlink_to(target)
    with pytest.raises(Failure):
        export._written(str(tmp_path), [("a.yaml", "x")], over=False)
    export._written(str(tmp_path), [("a.yaml", "x")], over=True)
    assert (target.read_text(), (tmp_path / "a.yaml").read_text()) == ("mine", "x")
    (tmp_path / "file").write_text("")
    with pytest.raises(Failure):
        export._written(str(tmp_path / "file"), [("a.yaml", "x")], over=True)


def test_several_clusters_are_exported_one_by_one(proxmox, estate):
    words = {"hosts": [estate.pve.host], "login": estate.pve.token_id, "secret": estate.pve.secret, "ca": estate.pve.ca}
    estate.ask("proxmox.cluster.add", name="twin", **words)
    try:
        estate.ask("proxmox.sync", cluster="twin", wait_seconds=30)
        assert proxmox("export").code == USAGE
        assert proxmox("export", "lab/dns", "twin/dns").code == USAGE
        ran = proxmox("guest", "dns")
        assert (ran.code, "lab/200, twin/200" in ran.err) == (USAGE, True)
    finally:
        proxmox("remove", "twin", "--yes")


def test_what_cannot_be_exported_is_said_and_writes_over_nothing(wakeful, tmp_path):
    files = [
        {"path": "lab/vm-1.yaml", "text": "# qemu/1 of lab is not exported: its configuration is not known (stale)\n"},
        {"path": "lab/vm-2.yaml", "text": "# a remark\nkind: VirtualMachine\n"},
    ]
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "vm-1.yaml").write_text("kind: VirtualMachine\n")
    with results({"files": files}) as there:
        words = ("proxmox", "export", "--cluster", "lab", "--to", str(tmp_path), "--force")
        ran = wakeful(*words, **environ_of(there))
    assert (ran.code, "qemu/1 of lab is not exported" in ran.err) == (FAILED, True)
    assert (tmp_path / "lab" / "vm-1.yaml").read_text() == "kind: VirtualMachine\n"
    assert "1 file written" in ran.out
