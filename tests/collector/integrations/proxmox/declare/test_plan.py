"""What is planned, done, and planned again is nothing: for whatever estates and declarations hypothesis makes up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wakeful_collector.integrations.proxmox.declare import documents, exporting
from wakeful_collector.integrations.proxmox.declare.plan import plan
from wakeful_collector.integrations.proxmox.declare.steps import Options

from .declarations import declarations, estates
from .pve_model import Model

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.declare.steps import Plan
    from wakeful_collector.model.estate import Estate

NOW = Options(1_795_305_600_000)
CALM = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def made(estate: Estate, text: str) -> Plan:
    reading = documents.read([documents.File("a.yaml", text)], ["home"])
    assert reading.faults == (), [str(one) for one in reading.faults]
    return plan(estate, reading.wishes, NOW)


@CALM
@given(st.data())
def test_what_is_planned_and_done_leaves_nothing_to_plan(data: st.DataObject) -> None:
    estate = data.draw(estates())
    text = data.draw(declarations(estate))
    first = made(estate, text)
    model = Model(estate)
    for step in first.steps:
        for request in step.requests:
            model.do(request)
    again = made(model.estate(), text)
    left = [(one.kind, one.title, dict(one.old), dict(one.new)) for one in again.steps]
    assert left == [], (left, text)
    assert {one.message for one in again.problems} <= {one.message for one in first.problems}


@CALM
@given(st.data())
def test_a_plan_made_again_is_the_same(data: st.DataObject) -> None:
    estate = data.draw(estates())
    text = data.draw(declarations(estate))
    assert made(estate, text) == made(estate, text)


@CALM
@given(estates())
def test_what_is_exported_is_valid_and_plans_nothing(estate: Estate) -> None:
    files = exporting.files(estate)
    reading = documents.read(files, ["home"])
    assert reading.faults == (), [str(one) for one in reading.faults]
    found = plan(estate, reading.wishes, NOW)
    assert found.steps == (), [(dict(one.old), dict(one.new)) for one in found.steps]
    assert found.problems == ()
    assert len(reading.wishes.guests) == len(estate.guests)
