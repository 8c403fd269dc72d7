"""Buttons in a real browser: confirmed, asked, followed to their end; what destroys wants its name typed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def watches(open_page: Any, host_ids: dict[str, str], **more: Any) -> Page:
    """Open the watches of the machine that keeps game servers alive."""
    page: Page = open_page(f"/hosts/{host_ids['keeper']}/watches", **more)
    return page


def test_what_is_not_confirmed_is_not_asked(open_page: Any, host_ids: dict[str, str]) -> None:
    page = watches(open_page, host_ids)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.method == "POST" else None)
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Repair now valheim").click()
    page.wait_for_timeout(300)
    assert asked == []
    assert page.locator(".asked").count() == 0


def test_a_button_is_followed_to_its_end_and_the_page_renews_itself(
    open_page: Any, host_ids: dict[str, str], axe: Any
) -> None:
    page = watches(open_page, host_ids)
    said: list[str] = []
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.accept()))
    page.get_by_role("button", name="Pause 1 h valheim").click()
    note = page.locator(".asked").first
    expect(note).to_contain_text("Pause valheim")
    expect(note).to_contain_text("done", timeout=25_000)
    expect(note).to_contain_text("Valheim is left alone.")
    assert said == ["Leave valheim on game-lab-01 alone for an hour?"]
    resume = page.get_by_role("button", name="Resume valheim")
    expect(resume).to_be_visible(timeout=15_000)
    assert axe(page) == []
    resume.click()
    expect(page.locator(".asked").first).to_contain_text("Valheim is watched again.", timeout=25_000)
    assert len(said) == 1, "what changes nothing needs no confirmation"
    note.get_by_role("button", name=re.compile("Put away")).click()
    expect(page.locator(".asked")).to_have_count(1)
    expect(page.get_by_role("button", name="Pause 1 h valheim")).to_be_visible(timeout=15_000)


def test_killing_wants_the_name_and_works_by_keyboard_on_a_narrow_screen(
    open_page: Any, host_ids: dict[str, str], axe: Any
) -> None:
    page = watches(open_page, host_ids, width=390)
    kill = page.locator(".server", has_text="Valheim with friends").locator("summary", has_text="Kill")
    kill.focus()
    page.keyboard.press("Enter")
    field = page.locator("details[open] input[name=confirm]")
    expect(field).to_be_visible()
    assert axe(page) == []
    field.fill("Valheim")
    page.keyboard.press("Enter")
    expect(page.locator(".asked.bad")).to_contain_text('Type "valheim"', ignore_case=True)
    field.fill("valheim")
    page.keyboard.press("Enter")
    expect(page.locator(".asked").first).to_contain_text("Kill valheim")
    expect(field).to_be_hidden()
    expect(kill).to_be_focused()
    kill.evaluate("summary => { summary.dataset.before = 'the page renews itself' }")
    expect(kill).not_to_have_attribute("data-before", re.compile("."))
    expect(kill).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_what_somebody_opened_stays_open_when_the_page_renews_itself(open_page: Any, host_ids: dict[str, str]) -> None:
    page = watches(open_page, host_ids)
    page.locator("#past > summary").click()
    story = page.locator(".incident.open details").first
    story.locator("summary").first.click()
    with page.expect_response(lambda answer: "part=incidents" in answer.url, timeout=15_000):
        page.evaluate("document.dispatchEvent(new CustomEvent('wakeful:changed'))")
    page.wait_for_timeout(300)
    assert page.locator("#past").get_attribute("open") is not None
    assert page.locator(".incident.open details").first.get_attribute("open") is None


def test_a_session_that_ended_is_said_beside_the_button(
    browser: Browser, collector: Any, signed_in: str, host_ids: dict[str, str]
) -> None:
    context = browser.new_context(storage_state=signed_in)
    page = context.new_page()
    page.goto(f"{collector.url}/hosts/{host_ids['keeper']}/watches")
    page.evaluate("document.querySelector('meta[name=csrf-token]').setAttribute('content', 'old')")
    page.on("dialog", lambda dialog: dialog.accept())
    with page.expect_response(lambda answer: answer.status == 403):
        page.get_by_role("button", name="Repair now survival").click()
    expect(page.locator(".asked.bad")).to_contain_text("That was not done (403).")
    context.close()


def test_a_machine_is_marked_and_expected_again(open_page: Any, host_ids: dict[str, str]) -> None:
    page = open_page(f"/hosts/{host_ids['db']}/watches")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_label("Why (optional)").fill("new disks")
    page.get_by_role("button", name="Note it").click()
    expect(page.get_by_text("admin said so")).to_contain_text("new disks")
    page.get_by_role("button", name="It is expected again").click()
    expect(page.get_by_role("button", name="Note it")).to_be_visible()
    expect(page.get_by_text("admin said so")).to_have_count(0)


def test_a_channel_is_added_tested_and_removed(open_page: Any) -> None:
    page = open_page("/settings/notifications")
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("textbox", name="Name").fill("mine")
    page.get_by_label("Kind").select_option("webhook")
    page.get_by_label(re.compile("^Address")).fill("http://127.0.0.1:9/x")
    page.get_by_role("button", name="Add the channel").click()
    expect(page.locator(".copy-line code")).to_contain_text("wk_whs_")
    row = page.locator(".channels tr", has_text="mine")
    row.get_by_role("button", name="Test").click()
    expect(page.locator(".asked").first).to_contain_text("not delivered", timeout=20_000)
    row.get_by_role("link", name="Edit mine").click()
    page.locator("summary", has_text="Remove").click()
    page.locator("input[name=confirm]").fill("mine")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/settings/notifications$"))
    expect(page.locator(".channels tr", has_text="mine")).to_have_count(0)
