"""What every release said stays readable for ever.

`golden/VERSION/*.json` are pushes as that release's agent sent them, `golden/VERSION/answers/*.json` what its collector
answered, and `*.read` beside each what was read out of it. They are written once, at the release, and never changed:
`python tests/wire/test_golden.py` writes the `.read` files that are not there yet.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wakeful_wire import __version__
from wakeful_wire.answer import parse_answer
from wakeful_wire.packing import inflate, pack, parse_json
from wakeful_wire.push import parse_push

GOLDEN = Path(__file__).parent / "golden"
FILES = sorted(GOLDEN.glob("*/**/*.json"))


def read(file: Path) -> dict[str, Any]:
    document = parse_json(inflate(pack(json.loads(file.read_text(encoding="ascii")))))
    found = parse_answer(document, document["sequence"]) if file.parent.name == "answers" else parse_push(document)
    return json.loads(json.dumps(_plain(found)))


def _plain(value: Any) -> Any:
    if hasattr(value, "_asdict"):
        return {name: _plain(item) for name, item in value._asdict().items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


@pytest.mark.parametrize("file", FILES, ids=[str(file.relative_to(GOLDEN)) for file in FILES])
def test_a_message_of_a_release_reads_as_it_did_then(file: Path) -> None:
    expected = json.loads(file.with_suffix(".read").read_text(encoding="ascii"))
    found = read(file)
    # Fields that came later may be there now; none that was there may be missing or differ.
    assert {name: found[name] for name in expected} == expected


def test_this_release_is_among_them() -> None:
    names = {file.name for file in (GOLDEN / __version__).glob("*.json")}
    assert {"first.json", "values-only.json", "news-only.json"} <= names
    assert list((GOLDEN / __version__ / "answers").glob("*.json"))


def test_the_first_push_of_the_first_release_in_words() -> None:
    push = parse_push(json.loads((GOLDEN / "0.1.0" / "first.json").read_text(encoding="ascii")))
    assert push.hello is not None
    assert push.hello["name"] == "pebble"
    assert push.series is not None
    assert dict(push.series[0].labels) == {"cpu": "0", "mode": "user"}
    assert push.ticks[0].values[2] is None
    assert push.meters["filesystem"].outcome == "timeout"
    assert [(item.name, item.has_body) for item in push.inventories] == [("processes", True), ("ports", False)]


if __name__ == "__main__":
    for one in FILES:
        target = one.with_suffix(".read")
        if not target.exists():
            target.write_text(json.dumps(read(one), indent=1) + "\n", encoding="ascii")
