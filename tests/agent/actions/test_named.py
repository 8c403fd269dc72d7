from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.action import Parameter
from wakeful_agent.actions.named import LINES_SHOWN, NamedAction, tail
from wakeful_agent.config.orders import ActionSetting
from wakeful_agent.host.errors import Absent, Denied, Late
from wakeful_agent.host.files import Host

if TYPE_CHECKING:
    from pathlib import Path

TEXT = Parameter("x", "text", pattern=".*")


def script(folder: Path, body: str) -> str:
    file = folder / "program"
    file.write_text(f"#!/bin/sh\n{body}\n")
    file.chmod(0o755)
    return str(file)


def named(*argv: str, **more: Any) -> NamedAction:
    return NamedAction(ActionSetting("restart-web", argv, **more))


def test_hostile_arguments_stay_one_word_each(tmp_path: Path) -> None:
    program = script(tmp_path, f'printf "%s\\n" "$#" "$@" > {tmp_path}/asked; touch {tmp_path}/ran')
    hostile = f"a; touch {tmp_path}/owned $(touch {tmp_path}/owned) `id` | & > < ' \" \\ \u00e4"
    outcome = named(program, "{x}", "--name={x}", parameters=(TEXT,)).run(Host(), {"x": hostile}, 0)
    assert outcome.done
    assert (tmp_path / "asked").read_text("utf-8") == f"2\n{hostile}\n--name={hostile}\n"
    assert not (tmp_path / "owned").exists()


def test_how_it_ended_is_told_and_what_it_wrote_only_where_the_file_says_so(tmp_path: Path) -> None:
    program = script(tmp_path, "echo the key is hunter2; echo broken >&2; exit 3")
    outcome = named(program).run(Host(), {}, 0)
    assert not outcome.done
    assert outcome.summary.startswith("restart-web ended with 3 after ")
    assert outcome.data["exit_code"] == 3
    assert "hunter2" not in json.dumps(outcome.data)
    told = named(program, output=True).run(Host(), {}, 0)
    assert told.data["output"] == ["the key is hunter2", "broken"]


def test_a_program_that_a_signal_ended(tmp_path: Path) -> None:
    outcome = named(script(tmp_path, "kill -9 $$")).run(Host(), {}, 0)
    assert "was ended by signal 9" in outcome.summary
    assert not outcome.done


def test_what_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(Late):
        named(script(tmp_path, "sleep 30"), timeout_seconds=0.2).run(Host(), {}, 0)


def test_what_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(Absent):
        named(f"{tmp_path}/nothing").run(Host(), {}, 0)


def test_as_root_it_goes_through_sudo_or_not_at_all(tmp_path: Path) -> None:
    program = script(tmp_path, "echo never")
    with pytest.raises(Denied, match="needs root, and sudo is not installed"):
        named(program, as_root=True).run(Host(programs=(str(tmp_path / "none"),), user_id=1000), {}, 0)


def test_what_needs_root_is_known_where_it_is_countable() -> None:
    choice = Parameter("unit", "choice", choices=("a", "b"))
    flag = Parameter("now", "flag", value="--now")
    action = named("/bin/x", "{unit}", "{now}", as_root=True, parameters=(choice, flag))
    commands = [["/bin/x", "a", "--now"], ["/bin/x", "a"], ["/bin/x", "b", "--now"], ["/bin/x", "b"]]
    assert action.commands() == commands
    assert named("/bin/x", "{x}", as_root=True, parameters=(TEXT,)).commands() == ()
    assert named("/bin/x").commands() == ()


def test_a_dry_run_shows_the_command_line_only_where_output_may_be_seen() -> None:
    assert named("/bin/x", "-k", "secret").plan({}) == "restart-web"
    assert named("/bin/x", "{x}", parameters=(TEXT,), output=True).plan({"x": "a"}) == "restart-web: /bin/x a"


def test_the_end_of_what_was_written_is_fit_for_the_wire() -> None:
    lines = tail("\n".join(f"line {n}" for n in range(50)))
    assert lines == [f"line {n}" for n in range(50 - LINES_SHOWN, 50)]
    (line,) = tail("\x1b[31mhttp://me:hunter2@example.org\x07" + "x" * 900)
    assert "hunter2" not in line
    assert "\x1b" not in line
    assert len(line) <= 300


def test_the_file_says_that_the_agent_ends_with_it() -> None:
    assert named("/opt/update", ends_agent=True).ends_agent(Host(), {})
    assert not named("/opt/update").ends_agent(Host(), {})
