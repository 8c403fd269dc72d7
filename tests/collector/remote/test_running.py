"""From words to an exit code."""

import json
import os
import subprocess

import pytest

from wakeful_collector.remote import verbs
from wakeful_collector.remote.verbs import VERBS

from .counterparts import PROGRAM, Answering, free_port, http


def test_without_a_command_the_commands_are_told(wakeful):
    bare, asked = wakeful(), wakeful("--help")
    assert (bare.code, asked.code, bare.out) == (2, 0, asked.out)
    assert all(f"  {verb.name} " in asked.out for verb in VERBS)
    assert "6 timed out waiting" in asked.out
    assert wakeful("help").out == asked.out
    assert wakeful("--json", "-h").code == 0


def test_the_help_of_one_command(wakeful):
    assert wakeful("help", "hosts").out == wakeful("hosts", "--help").out
    assert wakeful("help", "nothing").out == wakeful("--help").out


def test_a_word_that_is_no_command(wakeful):
    ran = wakeful("hosst")
    assert (ran.code, ran.out) == (2, "")
    assert "there is no command 'hosst'" in ran.err
    assert "did you mean host?" in ran.err
    assert "did you mean" not in wakeful("zzzz").err


def test_options_before_the_command(operator, shared, wakeful):
    assert operator("--json", "hosts", "--search", "nobody-so").document == {"hosts": []}
    ran = wakeful("--url", shared.url, "--timeout=5s", "hosts")
    assert (ran.code, "no key" in ran.err) == (2, True)
    assert "is no option here" in wakeful("--jsn", "hosts").err


def test_complaints_of_the_parser_are_ours(wakeful):
    ran = wakeful("hosts", "--nonsense")
    assert (ran.code, ran.out) == (2, "")
    assert "see: wakeful hosts --help" in ran.err
    ran = wakeful("hosts", "--nonsense", "--json")
    assert json.loads(ran.err)["exit"] == 2


def test_errors_as_documents(operator):
    ran = operator("host", "nobody-is-called-so", "--json")
    said = json.loads(ran.err)
    assert (ran.code, ran.out, said["error"], said["exit"]) == (5, "", "unknown_host", 5)


def test_nobody_listens(wakeful):
    ran = wakeful("hosts", WAKEFUL_URL=f"http://127.0.0.1:{free_port()}", WAKEFUL_API_KEY="wk_key_" + "a" * 32)
    assert (ran.code, ran.out) == (4, "")
    assert "nobody listens there" in ran.err
    assert "check the address" in ran.err
    assert "Traceback" not in ran.err


def test_a_message_of_many_lines_stays_readable_and_harmless(wakeful, monkeypatch):
    from wakeful_collector.remote.failure import Failure

    def refuse(self):
        raise Failure(7, "no", "first\nsecond \x1b[31m", "do\nthis")

    monkeypatch.setattr(verbs.Verb, "load", refuse)
    ran = wakeful("hosts")
    assert ran.err.splitlines() == ["wakeful: first", "  second \\x1b[31m", "  do", "  this"]


def test_ctrl_c_is_not_a_traceback(wakeful, monkeypatch):
    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(verbs.Verb, "load", interrupted)
    ran = wakeful("hosts")
    assert (ran.code, ran.err) == (130, "\n")


def test_a_fault_of_our_own_is_a_sentence(wakeful, monkeypatch):
    def broken(self):
        raise RuntimeError("\x1b[31mhostile\nline")

    monkeypatch.setattr(verbs.Verb, "load", broken)
    ran = wakeful("hosts")
    assert (ran.code, ran.out, "\x1b" in ran.err) == (1, "", False)
    assert ran.err.startswith("wakeful: wakeful itself failed: RuntimeError(")
    with pytest.raises(RuntimeError):
        wakeful("hosts", WAKEFUL_TRACEBACK="1")


@pytest.mark.parametrize("body", ['{"hosts": [{"id": 5, "tags": 7, "name": null}]}', '{"hosts": [{}], "troubles": []}'])
def test_answers_that_make_no_sense_end_in_a_sentence(wakeful, body):
    with Answering(http("200 OK", body)) as there:
        for words in (["hosts"], ["host", "x"], ["watches"], ["servers"], ["events"], ["incidents"], ["commands"]):
            ran = wakeful(*words, WAKEFUL_URL=there.url, WAKEFUL_API_KEY="wk_key_" + "a" * 32)
            assert ran.code in {0, 1, 5}, ran
            assert "Traceback" not in ran.err


def test_a_reader_that_went_away_is_not_a_traceback(home):
    for words in (["--help"], ["completion", "bash"]):
        with subprocess.Popen([*PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
            child.stdout.close()
            assert child.stderr.read() == ""
        assert child.returncode == 141


def test_a_reader_of_both_streams_that_went_away_is_not_a_traceback(home):
    with subprocess.Popen([*PROGRAM, "hosts"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
        child.stdout.close()
    assert child.returncode == 141


def test_a_secret_that_is_no_text_is_never_repeated(home):
    asked = [*PROGRAM, "login", "http://127.0.0.1:9"]
    environ = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    ran = subprocess.run(asked, input=b"wk_key_hush\xe4hush\n", capture_output=True, env=environ, check=False)
    assert (ran.returncode, b"hush" in ran.stdout + ran.stderr) == (2, False), ran
    assert b"standard input is no text in UTF-8" in ran.stderr


def test_what_cannot_be_decoded_is_not_repeated(wakeful, monkeypatch):
    def broken(self):
        raise UnicodeDecodeError("utf-8", b"hush", 1, 2, "invalid start byte")

    monkeypatch.setattr(verbs.Verb, "load", broken)
    ran = wakeful("hosts")
    assert (ran.code, "hush" in ran.err, "invalid start byte" in ran.err) == (1, False, True)


def test_nothing_entered_is_a_sentence(wakeful, monkeypatch):
    def ended(self):
        raise EOFError

    monkeypatch.setattr(verbs.Verb, "load", ended)
    ran = wakeful("hosts")
    assert (ran.code, ran.err) == (7, "wakeful: nothing was entered, nothing was done\n")


def test_streams_that_are_closed_and_disks_that_are_full(home):
    shut = subprocess.run(["/bin/sh", "-c", 'exec "$@" >&-', "sh", *PROGRAM, "--help"], check=False)
    assert shut.returncode == 0
    with open("/dev/full", "w") as full:
        done = subprocess.run([*PROGRAM, "--help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "wakeful: it cannot be written: No space left on device\n")


def test_a_shelf_of_commands(wakeful):
    shown = wakeful("proxmox", "--help")
    assert (shown.code, shown.out) == (0, wakeful("help", "proxmox").out)
    assert shown.out.startswith("usage: wakeful proxmox COMMAND")
    assert all(f"  {verb.name.removeprefix('proxmox ')} " in shown.out for verb in verbs.named("proxmox").shelf)
    assert wakeful("help", "proxmox", "guests").out == wakeful("proxmox", "guests", "--help").out
    assert wakeful("proxmox", "help", "guests").out == wakeful("proxmox", "guests", "--help").out
    assert wakeful("help", "proxmox", "nothing").out == shown.out
    ran = wakeful("proxmox", "guessts")
    assert (ran.code, "did you mean proxmox guests? see: wakeful proxmox --help" in ran.err) == (2, True)


@pytest.mark.parametrize("verb", verbs.every(), ids=lambda verb: verb.name)
def test_every_command_explains_itself_with_examples(wakeful, verb):
    ran = wakeful(*verb.name.split(), "--help", COLUMNS="80")
    assert (ran.code, ran.err) == (0, "")
    assert f"usage: wakeful {verb.name}" in ran.out
    assert f"  wakeful {verb.name}" in ran.out or f"| wakeful {verb.name}" in ran.out
    assert "--json" in ran.out
    assert ran.out.isascii()
