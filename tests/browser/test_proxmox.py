"""Proxmox in a real browser: the sample cluster is in view, acted on, brought to its declared state; one is added."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

LIST = "/integrations/proxmox"
LAB = f"{LIST}/lab"
PATIENCE_MS = 60_000


@pytest.fixture
def lab(open_page: Any) -> Any:
    """Open a page of the sample cluster once it is in view; what is asked is confirmed."""

    def opened(path: str = "", **more: Any) -> Page:
        page: Page = open_page(LAB, **more)
        expect(page.get_by_text("In view")).to_be_visible(timeout=PATIENCE_MS)
        page.goto(page.url + path)
        page.on("dialog", lambda dialog: dialog.accept())
        return page

    return opened


def test_a_guest_is_shut_down_and_started_and_the_page_follows(lab: Any, axe: Any) -> None:
    page = lab("/guests/107", width=390)
    word = page.locator(".standing-word")
    expect(word).to_have_text("Running")
    page.get_by_role("button", name="Shut down").click()
    note = page.locator(".asked").first
    expect(note).to_contain_text("Shut down")
    expect(note).to_contain_text("done", timeout=PATIENCE_MS)
    expect(word).to_have_text("Stopped", timeout=PATIENCE_MS)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Start").click()
    expect(word).to_have_text("Running", timeout=PATIENCE_MS)
    page.get_by_role("link", name="What was done").click()
    expect(page.get_by_role("link", name="Shut down").first).to_be_visible()


def test_a_snapshot_is_looked_at_first_then_taken_then_deleted_by_name(lab: Any, axe: Any) -> None:
    page = lab("/guests/102/snapshots")
    page.locator("summary", has_text="Take a snapshot").click()
    page.get_by_label("Name").fill("before-test")
    page.get_by_role("button", name="Only show what it would send").first.click()
    expect(page.locator(".asked").first).to_contain_text("POST /nodes/pve2/qemu/102/snapshot")
    expect(page.locator(".asked").first).to_contain_text("snapname=before-test")
    page.get_by_role("button", name="Take a snapshot", exact=True).click()
    expect(page.locator(".asked").first).to_contain_text("done", timeout=PATIENCE_MS)
    row = page.get_by_role("region", name="List of snapshots").locator("tr", has_text="before-test")
    for _ in range(20):  # it is seen by the next look at the cluster
        page.reload()
        if row.count():
            break
        page.wait_for_timeout(1_500)
    expect(row).to_be_visible()
    row.locator("summary", has_text="Delete").click()
    assert axe(page) == []
    row.locator("details[open] input[name=confirm]").fill("mail")
    page.keyboard.press("Enter")
    expect(page.locator(".asked").first).to_contain_text("Delete a snapshot")
    expect(page.locator(".asked").first).to_contain_text("done", timeout=PATIENCE_MS)


def test_a_plan_is_approved_by_its_digest_and_nothing_is_left(lab: Any, axe: Any) -> None:
    page = lab("/plan")
    expect(page.get_by_text("2 steps to the declared state")).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_label(re.compile("Guests may be rebooted")).check()
    page.get_by_role("button", name="Apply these 2 steps").click()
    note = page.locator(".asked").first
    expect(note).to_contain_text("The plan")
    expect(note).to_contain_text(": done", timeout=PATIENCE_MS)
    note.get_by_role("link", name="The plan").click()
    expect(page.get_by_text("VM 103 (shop)").first).to_be_visible()
    assert axe(page) == []
    page.goto(re.sub(r"/applies/.*", "/plan", page.url))
    expect(page.get_by_text("Everything is as declared.")).to_be_visible(timeout=PATIENCE_MS)


def test_the_log_of_a_task_is_read_and_guests_are_searched(lab: Any, axe: Any) -> None:
    page = lab("/tasks?state=failed")
    page.get_by_role("link", name="Back up").first.click()
    expect(page.get_by_role("group", name="Log")).to_contain_text("TASK ERROR: job errors")
    assert axe(page) == []
    page.get_by_role("link", name="Guests", exact=True).click()
    expect(page.get_by_label("Search guests")).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("/")
    expect(page.get_by_label("Search guests")).to_be_focused()
    page.keyboard.type("shop")
    expect(page.locator(".guests tbody tr")).to_have_count(2)
    page.wait_for_url(re.compile("q=shop"))


def test_charts_are_drawn_of_a_node(lab: Any) -> None:
    page = lab("/nodes/pve1")
    page.locator("[data-panel=cpu]").scroll_into_view_if_needed()
    page.wait_for_selector("[data-panel=cpu][data-drawn]", timeout=PATIENCE_MS)
    page.get_by_role("button", name="6h", exact=True).click()
    page.wait_for_url(re.compile("span=6h"))


def test_a_cluster_is_tried_before_it_is_added_and_removed_again(open_page: Any, axe: Any) -> None:
    page = open_page(f"{LIST}/_/add")
    page.get_by_label("It may").select_option("declare")
    expect(page.locator("#token-lines")).to_contain_text("WakefulDeclare")
    page.get_by_label("Name", exact=True).fill("other")
    page.get_by_label("Hosts").fill("127.0.0.1:9")
    page.get_by_label("Login").fill("wakeful@pve!wakeful")
    page.get_by_label("Secret").fill("00000000-0000-0000-0000-000000000000")
    page.get_by_role("button", name="Test it").click()
    expect(page.locator("#trial")).to_contain_text("It does not work yet.", timeout=PATIENCE_MS)
    expect(page.get_by_label("Secret")).not_to_have_value("")
    assert axe(page) == []
    page.get_by_role("button", name="Add the cluster").click()
    page.wait_for_url(re.compile(f"{LIST}/other$"))
    page.goto(f"{page.url}/settings")
    page.locator("summary", has_text="Remove").click()
    page.locator("input[name=confirm]").fill("other")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"{LIST}$"))
    expect(page.get_by_role("link", name="other", exact=True)).to_have_count(0)
