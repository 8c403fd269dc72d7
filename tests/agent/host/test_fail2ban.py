import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.fail2ban import ADDRESSES_MAX, Jail, parse_jail, parse_jails, parse_version

# fail2ban 1.0.2 (Debian 12) with two jails; paths and addresses are examples.
CAPTURED = pathlib.Path(__file__).parents[2] / "fixtures" / "fail2ban"


def captured(name):
    return (CAPTURED / name).read_text("utf-8")


def test_the_jails_and_what_they_did():
    assert parse_jails(captured("status")) == ["nginx-botsearch", "sshd"]
    assert parse_jail(captured("status-sshd")) == Jail(1, 1, 2, 2, ("/var/log/auth.log",), ("192.0.2.7", "2001:db8::5"))
    assert parse_jail(captured("status-nginx-botsearch")) == Jail(0, 0, 0, 0, ("/var/log/access.log",), ())


def test_a_jail_that_reads_the_journal():
    told = captured("status-sshd").replace(
        "File list:\t/var/log/auth.log", "Journal matches:\t_SYSTEMD_UNIT=ssh.service + _COMM=sshd"
    )
    assert parse_jail(told).watches == ("_SYSTEMD_UNIT=ssh.service + _COMM=sshd",)


def test_a_server_without_jails():
    assert parse_jails("Status\n|- Number of jail:\t0\n`- Jail list:\t\n") == []


def test_names_that_no_command_line_should_hold_are_left_out():
    told = "Status\n|- Number of jail:\t5\n`- Jail list:\t-c, sshd, a b, x\x1b[2J, ../../etc, ok.1\n"
    assert parse_jails(told) == ["ok.1", "sshd"]


def test_what_is_banned_is_bounded_and_made_fit():
    many = " ".join(f"10.{n // 65536}.{n // 256 % 256}.{n % 256}" for n in range(5000))
    told = captured("status-sshd").replace("192.0.2.7", many + " \x07evil" + "x" * 300)
    found = parse_jail(told)
    assert len(found.addresses) == ADDRESSES_MAX
    assert all(len(one) <= 64 and one.isprintable() for one in found.addresses)


@pytest.mark.parametrize("text", ["", "garbage", "Statut\n`- Liste:\ta\n", "{}", "Status\n`- Jail list:\ta\n"])
def test_what_is_no_answer(text):
    for parse in (parse_jails, parse_jail):
        with pytest.raises(Malformed):
            parse(text)


def test_a_number_that_is_none():
    for wrong in ("-1", "x", "", "9" * 40, "\u0661"):
        with pytest.raises(Malformed, match="currently banned"):
            parse_jail(captured("status-sshd").replace("Currently banned:\t2", f"Currently banned:\t{wrong}"))


def test_the_version_stands_on_the_last_line():
    assert parse_version("1.0.2\n") == "1.0.2"
    assert parse_version("warning\n1.1.0.dev1\n") == "1.1.0.dev1"
    for wrong in ("", "no\n", "1.0 <b>"):
        with pytest.raises(Malformed):
            parse_version(wrong)


@given(st.sampled_from(["status", "status-sshd"]), st.text(), st.integers(0, 400))
def test_no_parser_raises_anything_but_our_own(name, inserted, position):
    text = captured(name)
    for parse in (parse_jails, parse_jail, parse_version):
        try:
            parse(text[:position] + inserted + text[position + len(inserted) :])
        except Malformed:
            continue
