import subprocess

from wakeful_agent.host.sudoers import sudoers


def written(line, tmp_path):
    """Run the line as a person would, with the file moved, and return what is in it."""
    file = tmp_path / "sudoers"
    subprocess.run(["sh", "-c", line.replace("/etc/sudoers.d/wakeful-x", str(file))], check=True)
    return file.read_text()


def test_the_line_names_exact_commands(tmp_path):
    line = sudoers("x", [("/usr/sbin/smartctl", "--json", "--scan"), ("/sbin/mdadm", "--detail", "/dev/md0")])
    assert line.endswith("> /etc/sudoers.d/wakeful-x")
    assert written(line, tmp_path) == (
        "wakeful ALL=(root) NOPASSWD: /usr/sbin/smartctl --json --scan, /sbin/mdadm --detail /dev/md0\n"
    )


def test_what_is_special_to_sudo_or_the_shell_is_escaped(tmp_path):
    line = sudoers("x", [("/bin/a", "megaraid,3", "/dev/bus:0", "x=$(id)`id`", 'a"b', "*")])
    assert written(line, tmp_path) == (
        'wakeful ALL=(root) NOPASSWD: /bin/a megaraid\\,3 /dev/bus\\:0 x\\=$(id)`id` a"b \\*\n'
    )
