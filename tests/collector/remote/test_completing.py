"""What may stand where the cursor is; the scripts are run by the shells that are here."""

import os
import pty
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from wakeful_collector import remote
from wakeful_collector.remote.verbs import VERBS

from .counterparts import Seat, free_port

FOLDER = Path(remote.__file__).parent / "completions"


@pytest.fixture
def candidates(operator):
    def ask(*words, **more):
        ran = operator("__complete", *words, **more)
        assert (ran.code, ran.err) == (0, "")
        return ran.out.splitlines()

    return ask


def test_commands_and_options(candidates):
    assert candidates("") == [verb.name for verb in VERBS]
    assert candidates() == [verb.name for verb in VERBS]
    assert candidates("ho") == ["hosts", "host"]
    assert candidates("--pro") == ["--profile"]
    assert candidates("hosts", "--s") == ["--search", "--sort", "--status"]
    assert candidates("--json", "hos") == ["hosts", "host"]
    assert candidates("nothing", "") == []


def test_what_the_collector_knows(candidates, announcing, machine, now_ms):
    host = announcing("cpl-web", tags=["cpl-tag"])
    body = [{"name": "cpl-watch", "kind": "unit", "state": "up"}]
    host.push([], now_ms, inventories={"watches": {"hash": "h", "body": body}})
    assert candidates("host", "cpl-") == ["cpl-web"]
    assert candidates("events", "--host", "cpl-") == ["cpl-web"]
    assert candidates("hosts", "--tag", "cpl-") == ["cpl-tag"]
    assert "host.rename" in candidates("run", "host.")
    assert candidates("run", "--yes", "host.ren") == ["host.rename"]
    assert candidates("run", "host.rename", "host=cpl-web", "") == ["name="]
    assert candidates("run", "host.rename", "host=cpl-") == ["host=cpl-web"]
    assert candidates("ask", "cpl-web", "rest") == ["restart-web"]
    assert candidates("ask", "cpl-web", "restart-web", "u") == ["unit="]
    assert candidates("ask", "cpl-web", "restart-web", "unit=n") == ["unit=nginx"]
    assert candidates("wake", "cpl-web", "ch") == ["check="]
    assert candidates("restart", "cpl-web", "") == ["cpl-watch"]
    assert candidates("restart", "cpl-web", "cpl-watch", "") == []


def test_machines_of_the_gateway(candidates, operator):
    added = operator("gateway", "add", "cpl-gpu", "url=http://127.0.0.1:9", "wake=never", scope="admin")
    assert added.code == 0
    try:
        assert candidates("gateway", "per") == ["permanent"]
        assert candidates("gateway", "wake", "cpl-") == ["cpl-gpu"]
        assert candidates("gateway", "permanent", "cpl-gpu", "o") == ["on", "off"]
        assert candidates("gateway", "change", "cpl-gpu", "idle") == ["idle_seconds="]
        assert candidates("gateway", "change", "cpl-gpu", "sleep=s") == ["sleep=ssh"]
        assert candidates("gateway", "change", "cpl-gpu", "na") == []
        assert candidates("gateway", "wake", "cpl-gpu", "") == []
    finally:
        operator("gateway", "remove", "cpl-gpu", "--yes", scope="admin")


def test_words_that_are_given(candidates):
    assert candidates("completion", "") == ["bash", "zsh", "fish"]
    assert candidates("hosts", "--status", "s") == ["silent"]
    assert candidates("login", "--ca-file", "") == []
    assert candidates("host", "nobody-so", "") == []


def test_ids_of_commands_and_incidents(candidates, announcing, operator):
    announcing("cpl-cmd")
    number = operator("ask", "cpl-cmd", "look", "--no-wait", "--json").document["command"]["id"]
    assert number in candidates("commands", "cmd-")
    assert candidates("incidents", "nothing-") == []


def test_channels_by_name_or_id(candidates, operator, tmp_path):
    (tmp_path / "url").write_text("http://127.0.0.1:9/x")
    ids = []
    for name in ("cpl-pager", "cpl $(reboot)"):
        words = ("channel.add", f"name={name}", "kind=webhook", f"url=@{tmp_path / 'url'}", "--yes", "--json")
        ids.append(operator("run", *words, scope="admin").document["result"]["id"])
    assert candidates("channels", "") == ["show", "test"]
    assert set(candidates("channels", "test", "")) >= {"cpl-pager", ids[1]}
    assert candidates("deliveries", "--channel", "cpl") == ["cpl-pager"]
    assert candidates("deliveries", "nothing-") == []
    for one in ids:
        operator("run", "channel.remove", f"id={one}", "--yes", scope="admin")


def test_hostile_names_are_offered_by_their_ids(candidates, machine):
    ids = [machine(name).id for name in ("cplx $(touch /tmp/x)", "cplx;reboot", "-rf", "cplx'\"", "cplx\x1b[2J")]
    found = candidates("host", "")
    assert set(ids) <= set(found)
    assert not [one for one in found if set(one) & set("$;'\" ()\x1b")]


def test_profiles(wakeful, shared, shared_keys):
    wakeful("login", shared.url, "--profile", "lab", stdin=shared_keys["read"])
    assert wakeful("__complete", "--profile", "").out == "lab\n"
    assert wakeful("__complete", "logout", "").out == "lab\n"
    assert wakeful("__complete", "profiles", "--use", "l").out == "lab\n"
    assert "hosts" in wakeful("__complete", "--profile", "lab", "").out
    machines = wakeful("__complete", "--profile", "lab", "host", "").out
    assert machines == wakeful("__complete", "host", "--profile", "lab", "").out
    assert machines == wakeful("__complete", "--profile=lab", "host", "").out


def test_nobody_there_is_no_error_and_quick(wakeful):
    environ = {"WAKEFUL_URL": f"http://127.0.0.1:{free_port()}", "WAKEFUL_API_KEY": "wk_key_" + "a" * 32}
    assert wakeful("__complete", "host", "", **environ) == (0, "", "")
    assert wakeful("__complete", "host", "") == (0, "", "")


@pytest.fixture
def equipped(tmp_path, home, shared, shared_keys):
    """The environment of a shell whose PATH has `wakeful`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "wakeful"
    program.write_text(f"#!{sys.executable}\nimport sys\nfrom wakeful_collector.remote import main\nsys.exit(main())\n")
    program.chmod(0o755)
    environ = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    return environ | {"WAKEFUL_URL": shared.url, "WAKEFUL_API_KEY": shared_keys["operate"]}


@pytest.fixture
def shell(equipped):
    """Run a script by a shell."""

    def run(name, script):
        argv = [
            shutil.which(name),
            *(["--norc", "--noprofile"] if name == "bash" else []),
            "-c",
            textwrap.dedent(script),
        ]
        ran = subprocess.run(argv, env=equipped, capture_output=True, text=True, timeout=60)
        assert (ran.returncode, ran.stderr) == (0, ""), ran
        return ran.stdout.splitlines()

    return run


def test_bash_completes(shell, machine):
    machine("bsh-web")

    def completed(line):
        return shell(
            "bash",
            f"""
            source <(wakeful completion bash)
            COMP_LINE='{line}' COMP_POINT={len(line)} COMP_WORDBREAKS=$' \\t\\n"=:'
            _wakeful
            printf '%s\\n' "${{COMPREPLY[@]}}"
            """,
        )

    assert completed("wakeful hos") == ["hosts", "host"]
    assert completed("wakeful host bsh-") == ["bsh-web"]
    assert completed("wakeful run host.rena") == ["host.rename"]
    assert completed("wakeful run host.rename host=bsh-") == ["bsh-web"], "only what stands behind the = is replaced"
    assert completed("wakeful run host.rename n") == ["name="]
    assert completed("wakeful nothing ") == [""]


def test_the_other_shells_take_their_scripts(shell, machine):
    machine("fsh-web")
    for name in ("zsh", "fish"):
        assert shutil.which(name) is None or shell(name, f"wakeful completion {name} > $HOME/it") == []
    if shutil.which("fish"):
        script = "source (wakeful completion fish | psub); complete -C 'wakeful host fsh-'"
        assert shell("fish", script) == ["fsh-web"]
    if shutil.which("zsh"):
        script = "autoload -Uz compinit; compinit -u -D; source <(wakeful completion zsh); print $_comps[wakeful]"
        assert shell("zsh", script) == ["_wakeful"]
    assert {file.name for file in FOLDER.iterdir()} == {"wakeful.bash", "wakeful.zsh", "wakeful.fish"}


@pytest.mark.parametrize("name", [name for name in ("bash", "zsh") if shutil.which(name)])
def test_the_tabulator_completes(equipped, machine, name):
    machine(f"tab-{name}-web")
    argv = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}[name]
    child, end = pty.fork()
    if child == 0:
        os.execvpe(argv[0], argv, {**equipped, "TERM": "dumb", "PS1": "> "})
    sits = Seat(child, end)
    if name == "zsh":
        sits.type("autoload -Uz compinit; compinit -u -D\n")
    sits.type(f"source <(wakeful completion {name}); echo rea''dy\n")
    sits.read_until("ready")
    sits.type(f"echo wakeful; wakeful host tab-{name}-\t")
    sits.read_until(f"tab-{name}-web")
    sits.type("\nexit\n")
    assert "seen never" in sits.read_until("seen never")
    sits.wait()
