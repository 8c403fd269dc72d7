"""Every operation of the room, asked with whatever fits its schema and whatever does not: never a fault of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wakeful_collector import clock
from wakeful_collector.accounts import keys
from wakeful_collector.app import create_app
from wakeful_collector.config import Settings
from wakeful_collector.integrations.proxmox.link import clusters
from wakeful_collector.integrations.proxmox.operations import OPERATIONS
from wakeful_collector.store import database, proxmox_clusters, vault
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from flask.testing import FlaskClient

    from wakeful_collector.operations.registry import Operation

NOBODY = "127.0.0.1:9"
"""Where nobody listens: what is asked of a cluster fails at once, and no name is looked up."""

WRONG: dict[str, list[Any]] = {
    "string": [7, None, True, ["x"], {"x": 1}, "\x00", "\ud800", "x" * 200_000],
    "integer": ["7", None, True, [7], {"x": 1}, 7.5, 1e300, -(2**70)],
    "number": ["7", None, True, [7], {"x": 1}, 1e300],
    "boolean": ["yes", None, 1, 0, [], {}],
    "array": ["x", None, 1, {"0": "x"}, [[[["x"]]]], [None], ["x"] * 100_000],
    "object": ["x", None, 1, [], [["x", 1]]],
}
SETTLED: dict[str, Any] = {"hosts": [NOBODY], "wait_seconds": 0, "wait": 0}
"""Arguments that stay as they are: nothing outside is looked up, and nobody waits."""

CODES_OF_THE_CLUSTER = "proxmox_"


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> tuple[FlaskClient, dict[str, str]]:
    """An application of its own that keeps the cluster `home`, which nobody answers for, and an all-powerful key."""
    data = tmp_path_factory.mktemp("fuzz") / "data"
    database.create(data)
    now_ms = clock.now_ms()
    made = clusters.check({"name": "home", "hosts": [NOBODY], "login": "root@pam!wakeful"})
    with changing(data) as connection:
        key = keys.create(connection, "fuzz", ("admin",), "local:test", now_ms, None).secret
        proxmox_clusters.keep(connection, clusters.row(made, vault.seal(data, "a-secret"), now_ms, now_ms))
    return create_app(Settings(data=data)).test_client(), {"X-API-Key": key}


def ask(asking: tuple[FlaskClient, dict[str, str]], operation: Operation, arguments: Any) -> Any:
    """Ask for an operation; the answer is a document, whatever was asked."""
    client, headers = asking
    answer = client.post(f"/api/v1/operations/{operation.name}", json=arguments, headers=headers)
    assert answer.is_json, answer.data[:500]
    found = answer.get_json()
    if answer.status_code >= 500:
        assert str(found["error"]).startswith(CODES_OF_THE_CLUSTER), (arguments, found)
    if answer.status_code >= 400:
        assert found["message"], found
        assert "Traceback" not in found["message"]
    return answer


def fitting(operation: Operation) -> dict[str, Any]:
    """Return the least that an operation takes, as far as its schema says."""
    made: dict[str, Any] = {}
    for name in operation.arguments.get("required", []):
        schema = operation.arguments["properties"][name]
        made[name] = SETTLED.get(name) or _sample(name, schema)
    return made


def _sample(name: str, schema: dict[str, Any]) -> Any:
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if "enum" in schema:
        return schema["enum"][0]
    plain = {"integer": max(100, schema.get("minimum", 0)), "number": 1, "boolean": False, "object": {}}
    if kind in plain:
        return plain[kind]
    known = {"name": "home", "cluster": "home", "login": "a@pam!b", "disk": "scsi0", "size": "+1G", "archive": "a:b"}
    return [] if kind == "array" else known.get(name, "home")


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_wrong_types_are_refused_in_words(asking: Any, operation: Operation) -> None:
    least = fitting(operation)
    for name, schema in operation.arguments.get("properties", {}).items():
        kinds = schema.get("type", [])
        kinds = {kinds} if isinstance(kinds, str) else set(kinds)
        for value in WRONG["string" if "string" in kinds else next(iter(kinds), "string")]:
            if {"string", "null"} & kinds == {"null"} and value is None:
                continue
            answer = ask(asking, operation, least | {name: value})
            assert 400 <= answer.status_code < 500, (name, str(value)[:60], answer.get_json())
            assert len(answer.get_json()["message"]) < 4_000


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_what_is_no_object_or_not_known_is_refused(asking: Any, operation: Operation) -> None:
    for body in ([], "x", 7, [{}], fitting(operation) | {"nonsense": 1}):
        answer = ask(asking, operation, body)
        assert 400 <= answer.status_code < 500, (body, answer.get_json())
    for name in operation.arguments.get("required", []):
        short = {key: value for key, value in fitting(operation).items() if key != name}
        answer = ask(asking, operation, short)
        assert (answer.status_code, f"{name} is missing" in answer.get_json()["message"]) == (400, True)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_whatever_fits_the_schema_is_answered(asking: Any, operation: Operation) -> None:
    properties = operation.arguments.get("properties", {})

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.fixed_dictionaries({}, optional={name: valued(one) for name, one in properties.items()}))
    def answered(arguments: dict[str, Any]) -> None:
        settled = {name: value for name, value in SETTLED.items() if name in arguments or name == "hosts"}
        known = {name: value for name, value in settled.items() if name in properties}
        ask(asking, operation, fitting(operation) | arguments | known)

    answered()


def valued(schema: dict[str, Any]) -> Any:
    """Return what makes values that fit a schema of the operations' own kind."""
    kinds = schema.get("type", ["string", "integer", "boolean", "null"])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return st.one_of([_kind(kind, schema) for kind in kinds])


def _kind(kind: str, schema: dict[str, Any]) -> Any:
    least, most = schema.get("minimum", -(10**9)), schema.get("maximum", 10**9)
    inner = {name: valued(one) for name, one in schema.get("properties", {}).items()}
    required = {name: inner.pop(name) for name in schema.get("required", []) if name in inner}
    free = st.dictionaries(
        st.text(max_size=12), st.one_of(st.text(max_size=20), st.integers(), st.booleans()), max_size=4
    )
    return {
        "string": lambda: _text(schema),
        "integer": lambda: st.integers(least, most),
        "number": lambda: st.floats(least, most),
        "boolean": st.booleans,
        "null": st.none,
        "array": lambda: st.lists(valued(schema.get("items", {})), max_size=3),
        "object": lambda: st.fixed_dictionaries(required, optional=inner) if inner or required else free,
    }[kind]()


def _text(schema: dict[str, Any]) -> Any:
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    most = min(schema.get("maxLength", 4096), 60)
    made = st.from_regex(schema["pattern"]) if "pattern" in schema else st.text(max_size=most)
    return made.filter(lambda text: len(text) <= most)
