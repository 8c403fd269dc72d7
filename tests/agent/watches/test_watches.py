"""The table of contents: each kind is there, is what the table says, asks no more, and stands in the docs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wakeful_agent import watches
from wakeful_agent.bootstrap import Place, read_config
from wakeful_agent.config import ConfigErrors, Folders
from wakeful_agent.options import check_options
from wakeful_agent.watches.looked import INTERVAL

LOOKED_AT = [kind for kind in watches.names() if kind != "pterodactyl"]
OF_EVERY_WATCH = {"name", "kind", "action", "arguments", "attempts", "dry_run", "respect_stop", "verify_seconds"}


@pytest.mark.parametrize("name", LOOKED_AT)
def test_every_kind_is_what_the_table_says(name: str) -> None:
    made = watches.load(name)
    assert made.kind == name
    assert INTERVAL in made.options
    options = [option.name for option in made.options]
    assert set(made.required) <= set(options)
    assert not OF_EVERY_WATCH & set(options)
    assert made.subject({}) == ""
    given = {option.name: option.default for option in made.options}
    assert check_options(made.options, given, local=True)[1] == []
    assert made.check({}) == (["pidfile or process must be given"] if name == "process" else [])
    assert made("it", {}).hears is False


@pytest.mark.parametrize("name", watches.names())
def test_every_kind_and_option_stands_in_the_docs(name: str) -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "watches.md").read_text()
    section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)
    assert [option.name for option in watches.load(name).options if option.name not in rows] == []


def test_the_file_in_the_docs_is_right_and_two_watches_on_one_thing_are_not(tmp_path: Path) -> None:
    page = (Path(__file__).parents[3] / "docs" / "watches.md").read_text()
    (example,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    action = '[[action]]\nname = "restart-arena"\nargv = ["/usr/local/bin/restart-arena"]\n'
    file = tmp_path / "agent.toml"
    place = Place(Folders(str(tmp_path), str(tmp_path)), {})
    file.write_text(example + action)
    file.chmod(0o600)
    found = read_config(place).config.orders.watches
    assert [one.name for one in found] == ["web", "arena", "nas"]
    assert found[2].verify_seconds == 300
    twins = {
        "unit": 'unit = "nginx"',
        "game": 'address = "a2s://127.0.0.1"\naction = "restart-arena"',
        "host": 'mac = "AA-BB-CC-DD-EE-FF"\ncheck = "ping:nas"',
    }
    for kind, options in twins.items():
        file.write_text(f'{example}{action}[[watch]]\nname = "twin"\nkind = "{kind}"\n{options}\n')
        with pytest.raises(ConfigErrors) as refused:
            read_config(place)
        assert any("keeps what the watch" in problem.text for problem in refused.value.problems), kind
