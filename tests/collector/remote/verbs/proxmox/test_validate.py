"""validate: every error with file, line and path."""

from wakeful_collector.remote.failure import OK, USAGE

from .declared import box


def test_files_that_are_well(proxmox, tmp_path):
    ran = proxmox("validate", box(tmp_path), scope="read")
    assert (ran.code, ran.out, "all is well; 1 document" in ran.err) == (OK, "", True)


def test_every_error_at_once(proxmox, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    box(tmp_path, "a lot")
    (tmp_path / "bomb.yaml").write_text("a: &a [x]\nb: &b [*a, *a]\nc: [*b, *b]\n")
    (tmp_path / "more.yaml").write_text(
        "apiVersion: wakeful/v1\nkind: VirtualMachine\nmetadata: {vmid: x}\nnonsense: 1\n"
    )
    ran = proxmox("validate", ".")
    assert ran.code == USAGE
    assert "box.yaml:7: spec.memory: " in ran.out
    assert "more.yaml:" in ran.out
    assert "bomb.yaml:" in ran.out
    document = proxmox("validate", ".", "--json").document
    assert {"file", "line", "path", "message", "hint"} <= set(document["errors"][0])
    assert proxmox("validate").code == USAGE
    assert proxmox("validate", "nothing.yaml").code == USAGE
