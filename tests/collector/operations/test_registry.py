"""The registry: arguments, permission, change and audit row in one place, all or nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.accounts import Principal
from wakeful_collector.accounts.principal import implied
from wakeful_collector.operations import Context, Operation, OperationError, Registry, run
from wakeful_collector.operations.registry import ATTEMPTS_A_MINUTE_MAX, DANGERS
from wakeful_collector.read import audit, people
from wakeful_collector.rooms import REGISTRY as WHOLE
from wakeful_collector.store import people as tables

if TYPE_CHECKING:
    from wakeful_collector.config import Settings

READER = Principal("key:reader", implied(("read",)), "192.0.2.7", "api")
ADMIN = Principal("user:ada", implied(("admin",)), "192.0.2.7", "web")


def _add(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    tables.add_user(context.connection, given["name"], None, "read", context.now_ms)
    if given.get("fail"):
        raise OperationError("no_luck", "it did not work", 409)
    if given.get("break"):
        raise RuntimeError("a fault of ours")
    return {"name": given["name"]}


SHAPE = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}
ADD = Operation("thing.add", "Add", "admin", "changes", SHAPE, _add, subject="name", secrets=("password",))
LOOK = Operation("thing.look", "Look", "read", "none", SHAPE, _add)
REGISTRY = Registry((ADD, LOOK))


def trail(settings: Settings) -> list[tuple[str, str, str, str, dict[str, Any]]]:
    entries = [row.entry for row in audit.rows(settings.data, 100)]
    return [(one.principal, one.operation, one.subject, one.outcome, one.detail) for one in entries]


def test_a_change_and_its_row_are_kept_together(settings: Settings, now_ms: int) -> None:
    given = {"name": "bob", "password": "hidden", "extra": 1}
    assert run(settings, REGISTRY, ADMIN, "thing.add", given, now_ms) == {"name": "bob"}
    assert trail(settings) == [("user:ada", "thing.add", "bob", "done", {"extra": 1})]
    entry = audit.rows(settings.data, 1)[0].entry
    assert (entry.address, entry.face, entry.at_ms) == ("192.0.2.7", "web", now_ms)


def test_a_refusal_changes_nothing_and_is_noted(settings: Settings, now_ms: int) -> None:
    with pytest.raises(OperationError) as caught:
        run(settings, REGISTRY, READER, "thing.add", {"name": "bob"}, now_ms)
    assert (caught.value.code, caught.value.status) == ("forbidden", 403)
    assert people.users(settings.data) == []
    assert trail(settings) == [("key:reader", "thing.add", "bob", "refused", {"why": "scope"})]


def test_a_password_in_an_address_does_not_stand_in_the_trail(settings: Settings, now_ms: int) -> None:
    with pytest.raises(OperationError):
        run(settings, REGISTRY, READER, "thing.add", {"name": "bob", "url": "http://ana:hunter2@b:1/x"}, now_ms)
    assert trail(settings)[0][4] == {"url": "http://...@b:1/x", "why": "scope"}


def test_what_is_secret_inside_an_argument_does_not_stand_in_the_trail(settings: Settings, now_ms: int) -> None:
    operation = Operation("thing.add", "Add", "admin", "changes", SHAPE, _add, secrets=("settings.key",))
    given = {"name": "bob", "settings": {"key": "hidden", "cores": 2}, "other": {"key": 1}}
    run(settings, Registry((operation,)), ADMIN, "thing.add", given, now_ms)
    assert trail(settings)[0][4] == {"name": "bob", "settings": {"cores": 2}, "other": {"key": 1}}


@pytest.mark.parametrize("much", ["x" * 100_000, [[[[[[[[[["deep"]]]]]]]]]]])
def test_who_may_do_nothing_does_not_fill_the_trail(settings: Settings, now_ms: int, much: Any) -> None:
    with pytest.raises(OperationError, match="scope admin"):
        run(settings, REGISTRY, READER, "thing.add", {"name": "bob", "extra": much}, now_ms)
    ((_, _, subject, outcome, detail),) = trail(settings)
    assert (subject, outcome, detail["why"]) == ("bob", "refused", "scope")
    assert "extra" not in detail
    assert "4096" in detail["omitted"]


def test_attempts_without_end_are_noted_up_to_a_bound(settings: Settings, now_ms: int) -> None:
    def attempt(at_ms: int) -> None:
        with pytest.raises(OperationError):
            run(settings, REGISTRY, READER, "thing.add", {"name": "bob"}, at_ms)

    for _ in range(ATTEMPTS_A_MINUTE_MAX + 5):
        attempt(now_ms)
    assert len(trail(settings)) == ATTEMPTS_A_MINUTE_MAX
    run(settings, REGISTRY, ADMIN, "thing.add", {"name": "bob"}, now_ms)
    assert trail(settings)[0][3] == "done", "nobody's attempts hide what is done"
    attempt(now_ms + 60_000)
    assert len(trail(settings)) == ATTEMPTS_A_MINUTE_MAX + 2


def test_a_failure_is_undone_and_noted(settings: Settings, now_ms: int) -> None:
    with pytest.raises(OperationError, match="did not work"):
        run(settings, REGISTRY, ADMIN, "thing.add", {"name": "bob", "fail": True}, now_ms)
    assert people.users(settings.data) == []
    assert trail(settings) == [("user:ada", "thing.add", "bob", "failed", {"fail": True, "why": "no_luck"})]


def test_a_fault_is_undone_and_not_hidden(settings: Settings, now_ms: int) -> None:
    with pytest.raises(RuntimeError):
        run(settings, REGISTRY, ADMIN, "thing.add", {"name": "bob", "break": True}, now_ms)
    assert people.users(settings.data) == []


def test_what_has_no_danger_leaves_no_row_when_done(settings: Settings, now_ms: int) -> None:
    run(settings, REGISTRY, READER, "thing.look", {"name": "bob"}, now_ms)
    assert trail(settings) == []


def test_bad_arguments_and_unknown_names_are_said(settings: Settings, now_ms: int) -> None:
    with pytest.raises(OperationError, match="name is missing") as caught:
        run(settings, REGISTRY, ADMIN, "thing.add", {}, now_ms)
    assert caught.value.status == 400
    with pytest.raises(OperationError) as unknown:
        run(settings, REGISTRY, ADMIN, "thing.none", {}, now_ms)
    assert unknown.value.status == 404


def test_nothing_is_registered_twice() -> None:
    with pytest.raises(ValueError, match="twice"):
        Registry((ADD, ADD))


@pytest.mark.parametrize("operation", list(WHOLE), ids=lambda operation: operation.name)
def test_every_operation_is_whole(operation: Operation) -> None:
    assert operation.scope in {"read", "operate", "gateway", "admin"}
    assert operation.danger in DANGERS
    assert operation.title[0].isupper()
    assert operation.arguments["additionalProperties"] is False
    assert not operation.subject or operation.subject in operation.arguments["properties"]
    hidden = {name for name in operation.arguments["properties"] if name in {"current"} or "password" in name}
    assert hidden <= set(operation.secrets), "passwords never reach the trail"


TEXTS = (
    "x",
    "https://example.org/",
    "scsi0",
    "snap1",
    "+1G",
    "a:b/c",
    "UPID:pve1:0000C530:001C9BEC:6920F3C4:a:1:root@pam:",
)


def fitting(schema: dict[str, Any]) -> Any:
    """Return a value that fits a schema of the registry."""
    kind = schema["type"] if isinstance(schema["type"], str) else schema["type"][-1]
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "array":
        return [fitting(schema["items"])] * schema.get("minItems", 0)
    if kind == "object":
        return {name: fitting(schema["properties"][name]) for name in schema.get("required", ())}
    if kind == "string":
        texts = (*TEXTS, "x" * schema.get("minLength", 1))
        long = [text for text in texts if len(text) >= schema.get("minLength", 0)]
        return next(text for text in long if re.search(schema.get("pattern", ""), text))
    plain = {"boolean": True, "null": None}
    return plain.get(kind, schema.get("minimum", 0))


@pytest.mark.parametrize("operation", list(WHOLE), ids=lambda operation: operation.name)
def test_scope_matrix(operation: Operation, settings: Settings, now_ms: int) -> None:
    known = operation.arguments["properties"]
    wanted = {name: fitting(known[name]) for name in operation.arguments.get("required", [])}
    for scope in ("read", "operate", "gateway", "admin", ""):
        principal = Principal("key:k", implied((scope,)), "", "api")
        try:
            run(settings, WHOLE, principal, operation.name, wanted, now_ms)
            outcome = "done"
        except OperationError as error:
            outcome = error.code
        assert (outcome == "forbidden") == (not principal.may(operation.scope)), (scope, outcome)
