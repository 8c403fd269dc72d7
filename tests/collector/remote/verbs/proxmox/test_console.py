"""console: the same commands at a prompt, and from a script."""

import stat

from wakeful_collector.remote.failure import NOT_FOUND, OK, REFUSED


def test_a_script_runs_line_by_line_and_ends_at_a_failure(proxmox):
    lines = "# a script\nguests --running\ndescribe vm 101\nuse lab\nnodes\n"
    ran = proxmox("console", stdin=lines)
    assert ran.code == OK
    for said in ("web-1 (101)  virtual machine of lab", "pve2", "200  dns"):
        assert said in ran.out
    ran = proxmox("console", "--cluster", "lab", stdin="guest nobody\nnodes\n")
    assert (ran.code, ran.out) == (NOT_FOUND, "")
    ran = proxmox("console", "--keep-going", stdin="guest nobody\nnodes\nexit\nguests\n")
    assert (ran.code, "pve1" in ran.out, "web-1" in ran.out) == (NOT_FOUND, True, False)
    assert proxmox("console", stdin="stop web-1\n").code == REFUSED  # nobody is there to say yes
    assert proxmox("console", "--json", stdin="nodes\n").document["nodes"]
    assert proxmox("console", stdin="").code == OK


def test_somebody_at_a_prompt(at_terminal, home):
    sits = at_terminal("console", XDG_STATE_HOME=str(home / "state"), PROMPT_TOOLKIT_NO_CPR="1")
    sits.read_until("proxmox>")
    sits.type("describe vm we\t")
    sits.read_until("b-1")
    sits.type("\r")
    sits.read_until(r"web-1 \(101\)[\s\S]*proxmox>")
    sits.type("add lab secret=hush-hush\r")
    sits.read_until("must not stand in a command line")
    sits.read_until(r"command line[\s\S]*proxmox>")
    sits.type("use lab\r")
    sits.read_until(r"about lab now[\s\S]*lab>")
    sits.type("nothing\x03")  # Ctrl-C takes back a line, and ends nothing
    sits.read_until(r"nothing[\s\S]*lab>")
    sits.type("nodes\r")
    sits.read_until(r"pve2[\s\S]*lab>")
    sits.type("\x04")
    assert sits.wait() == OK
    kept = home / "state" / "wakeful" / "console-history"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert kept.read_text().splitlines() == ["describe vm web-1", "use lab", "nodes"]
