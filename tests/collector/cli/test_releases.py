"""release: another one is taken over only when it is whole, and signed where that is asked for."""

import json
import shlex

from ..shipping import BUNDLE, make_release, sign


def test_a_release_is_taken_over_and_shown(run, data, tmp_path):
    key = make_release(tmp_path / "dist")
    ran = run("release", "add", str(tmp_path / "dist"), "--key", key)
    assert (ran.code, ran.err) == (0, "")
    assert "9.8.7" in ran.out
    assert (data / "releases" / BUNDLE).read_bytes() == (tmp_path / "dist" / BUNDLE).read_bytes()
    shown = run("release", "show")
    assert f"signed by {key}" in shown.out
    assert BUNDLE in shown.out
    found = json.loads(run("release", "show", "--json").out)
    assert (found["version"], found["key"]) == ("9.8.7", key)


def test_the_next_one_takes_its_place(run, data, tmp_path):
    make_release(tmp_path / "dist")
    run("release", "add", str(tmp_path / "dist"))
    newer = tmp_path / "dist" / BUNDLE.replace("9.8.7", "9.9.0")
    (tmp_path / "dist" / BUNDLE).rename(newer)
    (tmp_path / "dist" / BUNDLE.replace(".xz", ".gz")).unlink()
    sign(tmp_path / "dist")
    assert run("release", "add", str(tmp_path / "dist")).code == 0
    names = {path.name for path in (data / "releases").iterdir()}
    assert newer.name in names
    assert BUNDLE not in names
    assert "SHA256SUMS.sig" not in names
    assert "not signed" in run("release", "show").out


def test_the_invite_offers_the_line_that_installs(run, data, tmp_path):
    key = make_release(tmp_path / "dist")
    run("release", "add", str(tmp_path / "dist"))
    ran = run("invite")
    words = shlex.split(ran.out)
    assert words[0] == "curl"
    assert words[words.index("--key") + 1] == key
    assert "wakeful-agent enroll" in ran.err
    found = json.loads(run("invite", "--json").out)
    assert found["invite"] in found["install"]
    (data / "releases" / "install.sh").write_text("something else")
    ran = run("invite")
    assert ran.out.startswith("wakeful-agent enroll")
    assert "not what the manifest says" in ran.err


def test_what_is_not_whole_or_not_signed_is_refused(run, data, tmp_path):
    assert "release add dist/linux" in run("release", "show").err
    dist = tmp_path / "dist"
    key = make_release(dist)
    other = sign("--new-key", tmp_path / "other.pem")
    assert run("release", "add", str(dist), "--key", "short").code == 2
    assert "is not signed by" in run("release", "add", str(dist), "--key", other).err
    manifest = (dist / "manifest.json").read_text()
    (dist / "manifest.json").write_text(manifest + " ")
    assert "is not signed by" in run("release", "add", str(dist), "--key", key).err
    (dist / "manifest.json").write_text(manifest)
    (dist / "SHA256SUMS.sig").unlink()
    assert "is not signed" in run("release", "add", str(dist), "--key", key).err
    (dist / BUNDLE).write_bytes(b"in part")
    assert "not what the manifest says" in run("release", "add", str(dist)).err
    assert not (data / "releases").exists()


def test_a_folder_that_cannot_be_written_is_said(run, tmp_path, monkeypatch):
    make_release(tmp_path / "dist")
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WAKEFUL_RELEASES", str(tmp_path / "file" / "below"))
    ran = run("release", "add", str(tmp_path / "dist"))
    assert ran.code in {1, 2}
    assert str(tmp_path / "file") in ran.err
