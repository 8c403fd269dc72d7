"""Machines that are not here: SELinux that enforces, systemd of 2015. Their programs are stood in for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from .machines import machine, tree
from .test_install_refusals import SYSTEM, furnish, install

if TYPE_CHECKING:
    from pathlib import Path

    from ..real.booting import Inside
    from .bundles import Workshop

pytestmark = [
    pytest.mark.real,
    pytest.mark.root,
    pytest.mark.containers,
    pytest.mark.skipif(os.getuid() != 0, reason="needs namespaces"),
]


def put(inside: Inside, name: str, body: str) -> None:
    """Put a program that writes down its words, and then does as told, before the others."""
    script = f'#!/bin/sh\\necho "{name} $*" >>/tmp/calls\\n{body}\\n'
    done = inside("sh", "-c", f"mkdir -p /tmp/bin && printf '{script}' >/tmp/bin/{name} && chmod 755 /tmp/bin/{name}")
    assert done.returncode == 0, done.stderr


def test_programs_are_labelled_where_selinux_enforces(workshop: Workshop, source: Path) -> None:
    furnish(source, workshop.release("1.0.0"))
    with machine(source) as inside:
        before = tree(inside)
        for name, body in (("getenforce", "echo Enforcing"), ("semanage", ""), ("chcon", "")):
            put(inside, name, body)
        enrolled = "mkdir -p /etc/wakeful && cp /run/source/identity.json /run/source/TOKEN /etc/wakeful/ &&"
        done = install(inside, "--key", workshop.key, before=f"{enrolled} PATH=/tmp/bin:{SYSTEM}")
        assert done.returncode == 0, done.stderr
        calls = inside("cat", "/tmp/calls").stdout
        assert "semanage fcontext -a -t bin_t /opt/wakeful-agent/launch\n" in calls
        assert (
            "chcon -t bin_t /opt/wakeful-agent/versions/1.0.0.new/unpacked/wakeful-agent-1.0.0/wakeful-agent" in calls
        )
        assert "chcon -t bin_t /opt/wakeful-agent/launch\n" in calls
        assert "chcon -t lib_t" in calls
        line = f"PATH=/tmp/bin:{SYSTEM} sh /run/source/install.sh --uninstall"
        assert inside("sh", "-c", line).returncode == 0
        calls = inside("cat", "/tmp/calls").stdout
        assert calls.count("semanage fcontext -d ") == calls.count("semanage fcontext -a ") == 3
        assert tree(inside) == before


def test_an_old_systemd_gets_the_unit_that_it_understands(workshop: Workshop, source: Path) -> None:
    furnish(source, workshop.release("1.0.0"))
    with machine(source) as inside:
        before = tree(inside)
        put(inside, "systemctl", '[ "$1" != --version ] || echo "systemd 219"')
        inside("mkdir", "-p", "/run/systemd/system")
        enrolled = "mkdir -p /etc/wakeful && cp /run/source/identity.json /run/source/TOKEN /etc/wakeful/ &&"
        done = install(inside, "--key", workshop.key, before=f"{enrolled} PATH=/tmp/bin:{SYSTEM}")
        assert done.returncode == 0, done.stderr
        unit = inside("cat", "/etc/systemd/system/wakeful-agent.service").stdout
        assert "PermissionsStartOnly=true" in unit
        assert "ExecStartPre=-/opt/wakeful-agent/launch --settle\nExecStart=/opt/wakeful-agent/launch run\n" in unit
        assert "systemctl daemon-reload" in inside("cat", "/tmp/calls").stdout
        line = f"PATH=/tmp/bin:{SYSTEM} sh /run/source/install.sh --uninstall"
        assert inside("sh", "-c", line).returncode == 0
        assert tree(inside) == before
