import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.package_lists import Package, parse_apk, parse_dpkg, parse_pacman, parse_rpm

# dpkg-status: eight packages of Debian 12; rpm-qa: rpm 4.18 with packages built for the test; apk-installed: written
# after the format's description in Alpine's wiki; pacman-desc: as on Arch, read back by pacman 6.0.2.
CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "packages"


def captured(name):
    return (CAPTURED / name).read_text("utf-8")


def test_dpkg_with_the_source_where_it_has_another_name():
    found = {one.name: one for one in parse_dpkg(captured("dpkg-status").splitlines())}
    assert len(found) == 8
    assert found["libc6"].source == "glibc"
    assert found["gcc-12-base"].source == "gcc-12"
    assert found["bash"] == Package("bash", "5.2.15-2+b8", "amd64", "bash"), "the source's own version is cut off"
    assert found["fail2ban"].architecture == "all"


@pytest.mark.parametrize(
    ("status", "there"),
    [
        ("install ok installed", True),
        ("hold ok installed", True),
        ("install ok unpacked", True),
        ("install ok half-configured", True),
        ("install ok triggers-awaited", True),
        ("deinstall ok config-files", False),
        ("install reinstreq half-installed", False),
        ("unknown ok not-installed", False),
        ("", False),
    ],
)
def test_dpkg_knows_packages_that_are_not_installed(status, there):
    found = list(parse_dpkg(["Package: a", f"Status: {status}", "Version: 1"]))
    assert found == ([Package("a", "1", "", "a")] if there else [])


def test_apk_and_its_origin():
    assert list(parse_apk(captured("apk-installed").splitlines())) == [
        Package("musl", "1.2.4_git20230717-r4", "x86_64", "musl"),
        Package("busybox-binsh", "1.36.1-r15", "x86_64", "busybox"),
    ]


def test_pacman_and_its_base():
    found = parse_pacman(captured("pacman-desc"))
    assert found == Package("lib32-glibc", "2.40+r16+gaa533d58ff-2", "x86_64", "glibc")


def test_rpm_as_it_prints_it():
    assert list(parse_rpm(captured("rpm-qa")))[1] == Package("wk-beta", "2.0-1.el9", "noarch", "wk-beta")
    told = "openssl-libs\t1:3.0.7-24.el9\tx86_64\topenssl-3.0.7-24.el9.src.rpm\n"
    keys = "gpg-pubkey\t8483c65d-5ccc5b19\t(none)\t(none)\n"
    assert list(parse_rpm(told + keys + "local\t1-1\tnoarch\t(none)\n")) == [
        Package("openssl-libs", "1:3.0.7-24.el9", "x86_64", "openssl"),
        Package("local", "1-1", "noarch", "local"),
    ]
    assert not list(parse_rpm(""))


def test_what_a_name_must_not_hold_is_replaced_and_cut():
    (found,) = parse_dpkg(["Package: <b>\x1b[2J\x00" + "x" * 900, "Status: a b installed", "Version: 1\u200b"])
    assert "\x1b" not in found.name
    assert "\x00" not in found.name
    assert len(found.name) == 256
    assert found.source == found.name


@pytest.mark.parametrize("text", ["", "\n\n", "<html>", "\x00\x01", "Version: 1\n\n", "Paket: bash\nZustand: ok\n"])
def test_garbage_is_no_empty_list(text):
    for parse in (parse_dpkg, parse_apk):
        with pytest.raises(Malformed):
            list(parse(text.splitlines()))
    with pytest.raises(Malformed):
        parse_pacman(text)
    if text.strip():
        with pytest.raises(Malformed):
            list(parse_rpm(text))


@given(st.text(), st.sampled_from(sorted(path.name for path in CAPTURED.iterdir())), st.integers(0, 3000))
def test_no_parser_raises_anything_but_our_own(inserted, name, position):
    text = captured(name)
    torn = text[:position] + inserted + text[position + len(inserted) :]
    for parse in (parse_dpkg, parse_apk):
        try:
            list(parse(torn.split("\n")))
        except Malformed:
            continue
    for parse in (parse_pacman, parse_rpm):
        try:
            list(parse(torn))
        except Malformed:
            continue
