import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.update_lists import (
    Update,
    marked,
    parse_apk,
    parse_apt,
    parse_dnf,
    parse_pacman,
    parse_zypper,
    parse_zypper_patches,
)

# apt 2.6 (Debian 12), dnf 4.14 and zypper 1.14 with a repository made for the test; shortened.
CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "updates"
PARSERS = (parse_apk, parse_apt, parse_dnf, parse_pacman, parse_zypper, parse_zypper_patches)


def captured(name):
    return (CAPTURED / name).read_text("utf-8")


def test_apt_counts_upgrades_and_knows_security_by_the_archive():
    found = {one.name: one for one in parse_apt(captured("apt-get-dist-upgrade"))}
    assert "libnew1" not in found, "what comes anew is no update"
    assert {name for name, one in found.items() if one.security} == {"libssl3", "tzdata", "python3-jwt", "unzip"}
    assert found["bash"] == Update("bash", "5.2.15-2+b8", "5.2.15-2+b13", False)
    assert found["python3-jwt"].security, "security is one archive of two that have it"
    assert len(found) == 7


def test_apt_on_ubuntu_with_extended_support():
    told = (
        "Inst sudo [1.9.9-1] (1.9.9-2 Ubuntu:22.04/jammy-updates, Ubuntu:22.04/jammy-security [amd64])\n"
        "Inst vim [2:8.2] (2:8.3 UbuntuESMApps:22.04/jammy-apps-security [amd64])\n"
        "Inst nano [6.2-1] (6.2-2 Ubuntu:22.04/jammy-updates [amd64])\n"
        "3 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n"
    )
    assert [one.security for one in parse_apt(told)] == [True, True, False]


def test_apt_with_nothing_to_do():
    assert parse_apt("0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n") == []


def test_dnf_with_its_security_updates_marked():
    every, security = parse_dnf(captured("dnf-check-update")), parse_dnf(captured("dnf-check-update-security"))
    assert marked(every, security) == [
        Update("wk-alpha", "", "1.2-1.el9", True),
        Update("wk-beta", "", "2.1-1.el9", False),
    ]
    assert parse_dnf("") == parse_dnf("\n") == []


def test_dnf_with_wrapped_lines_and_what_is_obsolete():
    told = (
        "\n"
        "a-package-with-a-very-long-name.x86_64\n"
        "                      1:2.3.4-5.el7_9    updates\n"
        "python3.11.x86_64     3.11.9-1.el9       appstream\n"
        "Obsoleting Packages\n"
        "new.noarch            2-1                base\n"
        "    old.noarch        1-1                @base\n"
    )
    assert [(one.name, one.available) for one in parse_dnf(told)] == [
        ("a-package-with-a-very-long-name", "1:2.3.4-5.el7_9"),
        ("python3.11", "3.11.9-1.el9"),
    ]
    assert parse_dnf(told[told.index("Obsoleting") :]) == [], "a renamed package alone is no failure"


def test_zypper_counts_security_patches_that_are_needed():
    assert parse_zypper(captured("zypper-list-updates.xml")) == [
        Update("wk-alpha", "1.0-1.el9", "1.2-1.el9"),
        Update("wk-beta", "2.0-1.el9", "2.1-1.el9"),
    ]
    told = captured("zypper-list-patches.xml")
    assert told.count("<update ") == 2
    assert parse_zypper_patches(told) == 1, "zypper lists patches of other kinds as well"
    assert parse_zypper_patches(told.replace('"needed"', '"not-needed"')) == 0
    escaped = '<stream><update-list><update kind="package" name="a&lt;b&amp;lt;"/></update-list></stream>'
    assert parse_zypper(escaped) == [Update("a<b&lt;", "", "")]


def test_apk_and_pacman():
    told = (
        "Installed:                                Available:\nbusybox-binsh-1.36.1-r2                 < 1.36.1-r15 \n"
    )
    assert parse_apk(told) == [Update("busybox-binsh", "1.36.1-r2", "1.36.1-r15")]
    assert parse_pacman("linux 6.10.4.arch2-1 -> 6.10.5.arch1-1\nglibc 2-1 -> 2-2 [ignored]\n") == [
        Update("linux", "6.10.4.arch2-1", "6.10.5.arch1-1")
    ]
    assert parse_apk("") == parse_pacman("") == []


@pytest.mark.parametrize("text", ["<html>busy</html>", "Es gibt nichts zu tun.\n", "\x1b[31m\x00\n"])
def test_garbage_and_other_languages_are_no_empty_list(text):
    for parse in PARSERS:
        with pytest.raises(Malformed):
            parse(text)


@pytest.mark.parametrize("parse", [parse_apt, parse_zypper, parse_zypper_patches])
def test_silence_is_no_empty_list_where_the_manager_would_speak(parse):
    with pytest.raises(Malformed):
        parse("")


def test_names_are_made_fit():
    (found,) = parse_pacman("a\x07b 1 -> 2")
    assert found.name == "a\ufffdb"


@given(st.sampled_from(sorted(path.name for path in CAPTURED.iterdir())), st.text(), st.integers(0, 2000))
def test_no_parser_raises_anything_but_our_own(name, inserted, position):
    text = captured(name)
    for parse in PARSERS:
        try:
            parse(text[:position] + inserted + text[position + len(inserted) :])
        except Malformed:
            continue
