import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.host.reboot import Reboot, newest, reboot


@pytest.fixture
def machine(tmp_path):
    def make(running, kernels=(), images=None, files=None):
        put = {"proc/sys/kernel/osrelease": running + "\n"}
        put.update({f"lib/modules/{one}/modules.dep": "" for one in kernels})
        put.update({f"boot/vmlinuz-{one}": "" for one in (kernels if images is None else images)})
        put.update(files or {})
        for path, content in put.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(content)
        return Host(str(tmp_path))

    return make


def test_the_file_that_says_so_and_the_packages_that_asked(machine):
    files = {
        "run/reboot-required": "*** System restart required ***\n",
        "run/reboot-required.pkgs": "linux\nlibc6\nlibc6\n\n",
    }
    assert reboot(machine("6.1.0-18-amd64", files=files)) == Reboot(
        True, "/run/reboot-required is there", ("linux", "libc6")
    )


def test_suse_says_it_without_packages(machine):
    assert reboot(machine("6.4.0-default", files={"run/reboot-needed": ""})) == Reboot(
        True, "/run/reboot-needed is there"
    )


def test_a_newer_kernel_of_the_same_kind(machine):
    host = machine("6.1.0-9-amd64", ["6.1.0-9-amd64", "6.1.0-40-amd64", "6.1.0-18-amd64", "6.1.0-41-rt-amd64"])
    assert reboot(host) == Reboot(True, "kernel 6.1.0-40-amd64 is installed, 6.1.0-9-amd64 runs")


@pytest.mark.parametrize(
    ("running", "kernels", "images"),
    [
        ("6.1.0-40-amd64", ["6.1.0-40-amd64", "6.1.0-18-amd64"], None),
        ("6.8.12-4-pve", ["6.1.0-40-amd64"], None),
        ("6.1.0-9-amd64", ["6.1.0-40-amd64"], None),
        ("6.1.0-9-amd64", ["6.1.0-9-amd64", "6.1.0-40-amd64"], ["6.1.0-9-amd64"]),
        ("6.1.0-9-amd64", [], None),
        ("", ["6.1.0-9-amd64"], None),
    ],
    ids=["newest runs", "another's kernel", "a container", "headers alone", "no modules", "gVisor"],
)
def test_no_restart_is_due(machine, running, kernels, images):
    assert reboot(machine(running, kernels, images)) == Reboot(False)


def test_modules_that_were_replaced_under_the_running_kernel(machine):
    host = machine("6.10.4-arch2-1", ["6.10.5-arch1-1"], ["linux"])
    assert reboot(host) == Reboot(True, "the modules of the running kernel 6.10.4-arch2-1 were replaced")


def test_versions_are_numbers_and_not_text():
    assert newest("5.15.0-100-generic", ["5.15.0-99-generic", "5.15.0-101-generic"]) == "5.15.0-101-generic"
    assert newest("5.15.0-100-generic", ["5.15.0-99-generic", "garbage", "", "9" * 5000]) == ""
