import pytest

from wakeful_agent.host.files import Host
from wakeful_agent.host.virtualization import virtualization

DMI = "sys/class/dmi/id/"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("bare-metal", "none"),
        ("lxc-container", "lxc"),
        ("gvisor", "gvisor"),
        ("centos7", "vmware"),
        ("raspberry-pi", "none"),
        ("firecracker-vm", "kvm"),
    ],
)
def test_the_fixture_machines(machine, name, expected):
    assert virtualization(machine(name)) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({".dockerenv": ""}, "docker"),
        ({"run/.containerenv": ""}, "podman"),
        ({"run/systemd/container": "systemd-nspawn\n"}, "systemd-nspawn"),
        ({"run/systemd/container": "<script>\n"}, "container"),
        ({"proc/1/environ": "PATH=/bin\0container=lxc\0"}, "lxc"),
        ({"proc/vz/x": ""}, "openvz"),
        ({"proc/vz/x": "", "proc/bc/x": ""}, "none"),
        ({"proc/1/cgroup": "0::/kubepods/besteffort/pod1\n"}, "kubernetes"),
        ({"proc/1/cgroup": "0::/\n"}, "none"),
        ({"proc/sys/kernel/osrelease": "5.15.90.1-microsoft-standard-WSL2\n"}, "wsl"),
        ({DMI + "sys_vendor": "Microsoft Corporation\n", DMI + "product_name": "Virtual Machine\n"}, "hyperv"),
        ({DMI + "sys_vendor": "Microsoft Corporation\n", DMI + "product_name": "Surface\n"}, "none"),
        ({DMI + "sys_vendor": "Amazon EC2\n", DMI + "product_name": "m5.metal\n"}, "none"),
        ({DMI + "sys_vendor": "Amazon EC2\n", DMI + "product_name": "m5.large\n"}, "amazon"),
        ({DMI + "sys_vendor": "QEMU\n"}, "kvm"),
        ({DMI + "product_name": "VirtualBox\n"}, "virtualbox"),
        ({"sys/hypervisor/type": "xen\n"}, "xen"),
        ({"proc/cpuinfo": "x: 1\nflags\t: fpu hypervisor\n"}, "vm"),
        ({"proc/cpuinfo": "x: 1\nflags\t: fpu svm\n"}, "none"),
        ({"proc/device-tree/hypervisor/compatible": "linux,kvm\0"}, "kvm"),
        ({"proc/device-tree/hypervisor/compatible": "xen,xen\0"}, "xen,xen"),
        ({}, "none"),
    ],
)
def test_what_gives_it_away(made, files, expected):
    assert virtualization(made(files)) == expected


def test_this_machine_is_something():
    assert virtualization(Host())
