"""The gateway in a real browser: a question wakes a machine, which answers; one is kept awake, changed and removed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LIST = "/integrations/ollama"
MACHINE = f"{LIST}/gpu-lab-01"
AWAKE_MS = 60_000
ON_ITS_WAY = re.compile("^(Waking|Awake)$")
"""A page that looks every two seconds may see it awake first."""


def test_a_question_wakes_the_machine_and_the_answer_comes_word_by_word(open_page: Any, axe: Any) -> None:
    page = open_page(MACHINE, width=390)
    word = page.locator(".standing-word")
    slept = word.inner_text() == "Asleep"
    page.get_by_label("What you want to say").fill("Who are you?")
    page.keyboard.press("Enter")
    answer = page.locator(".bubble.assistant").last
    expect(answer).to_be_visible()
    assert axe(page) == []
    if slept:  # other tests may have woken it before
        expect(answer.locator(".state")).to_contain_text("gpu-lab-01 is")
        expect(word).to_have_text(ON_ITS_WAY)
    content = answer.locator(".content")
    expect(content).to_contain_text("I ", timeout=AWAKE_MS)
    early = content.inner_text()
    expect(answer.locator(".figures-line")).to_contain_text("tokens", timeout=30_000)
    assert len(content.inner_text()) > len(early), "it was read before it was whole"
    expect(word).to_have_text("Awake", timeout=15_000)
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    expect(page.get_by_label("What you want to say")).to_be_focused()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert axe(page) == []
    page.get_by_role("button", name="Start anew").click()
    expect(page.locator(".bubble")).to_have_count(0)


def test_an_answer_is_stopped_and_what_was_said_stays(open_page: Any) -> None:
    page = open_page(MACHINE)
    page.get_by_label("Model", exact=True).select_option("qwen3:8b")
    page.get_by_label("What you want to say").fill("Tell me more.")
    page.get_by_role("button", name="Send").click()
    answer = page.locator(".bubble.assistant").last
    expect(answer.locator(".content")).to_contain_text(" ", timeout=AWAKE_MS)
    page.get_by_role("button", name="Stop").click()
    expect(answer.locator(".figures-line")).to_have_text("Stopped. The machine was told to stop too.")
    said = answer.locator(".content").inner_text()
    page.wait_for_timeout(500)
    assert answer.locator(".content").inner_text() == said
    expect(page.get_by_role("button", name="Send")).to_be_visible()


def test_a_talk_that_begins_anew_holds_nothing_of_the_one_before(open_page: Any) -> None:
    page = open_page(MACHINE)
    page.get_by_label("Model", exact=True).select_option("qwen3:8b")
    page.get_by_label("What you want to say").fill("Tell me more.")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".bubble.assistant .content")).to_contain_text(" ", timeout=AWAKE_MS)
    page.get_by_role("button", name="Start anew").click()
    expect(page.get_by_role("button", name="Send")).to_be_visible()
    page.get_by_label("What you want to say").fill("Again.")
    with page.expect_request("**/api/chat") as asked:
        page.keyboard.press("Enter")
    assert [one["role"] for one in asked.value.post_data_json["messages"]] == ["user"]
    page.get_by_role("button", name="Stop").click()


def test_what_the_gateway_refuses_is_said_and_the_question_stands_in_the_field_again(
    browser: Browser, collector: Any, signed_in: str
) -> None:
    context = browser.new_context(storage_state=signed_in)
    page = context.new_page()
    page.goto(f"{collector.url}{MACHINE}")
    page.evaluate(
        "document.querySelector('#chat-model').append(new Option('no-such-model', 'no-such-model', true, true))"
    )
    page.get_by_label("What you want to say").fill("Hello?")
    page.keyboard.press("Enter")
    line = page.locator(".bubble.assistant .figures-line")
    expect(line).to_have_text("model 'no-such-model' not found", timeout=AWAKE_MS)
    expect(page.get_by_label("What you want to say")).to_have_value("Hello?")
    page.evaluate("document.querySelector('meta[name=csrf-token]').setAttribute('content', 'old')")
    page.keyboard.press("Enter")
    expect(page.locator(".bubble.assistant .figures-line").last).to_have_class(re.compile("bad"))
    context.close()


def test_somebody_keeps_it_awake_and_lets_it_go(open_page: Any, axe: Any) -> None:
    page = open_page(MACHINE)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_label("Keep it awake for").select_option("14400")
    page.get_by_label("What for (optional)").fill("a long evening")
    page.get_by_role("button", name="Keep awake", exact=True).click()
    expect(page.locator(".asked").first).to_contain_text("It stays awake for you until then.")
    row = page.get_by_role("region", name="List of claims").locator("tr", has_text="a long evening")
    expect(row).to_contain_text("claimed by a person")
    assert axe(page) == []
    row.get_by_role("button", name="Release").click()
    expect(page.get_by_text("a long evening")).to_have_count(0)


def test_a_machine_is_added_changed_and_removed_and_only_what_matters_is_asked(open_page: Any, axe: Any) -> None:
    page = open_page(f"{LIST}/_/add")
    page.get_by_label("Name", exact=True).fill("mine")
    page.get_by_label("Address of Ollama").fill("http://127.0.0.1:9")
    expect(page.get_by_label("Hardware address")).to_be_visible()
    page.get_by_label("Woken by").select_option("never")
    expect(page.get_by_label("Hardware address")).to_be_hidden()
    expect(page.get_by_label("SSH user")).to_be_hidden()
    page.get_by_label("Put to sleep by").select_option("ssh")
    expect(page.get_by_label("SSH user")).to_be_visible()
    page.get_by_role("button", name="Add the machine").click()
    expect(page.get_by_text("One field does not fit.")).to_be_visible()
    expect(page.get_by_label("SSH user")).to_have_attribute("aria-invalid", "true")
    assert axe(page) == []
    page.get_by_label("SSH user").fill("wake")
    page.get_by_role("button", name="Add the machine").click()
    page.wait_for_url(re.compile(f"{LIST}/mine$"))
    page.get_by_role("link", name="Settings").last.click()
    page.get_by_label("Watts").fill("120")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(f"{LIST}/mine$"))
    expect(page.get_by_text("Energy saved")).to_be_visible()
    page.goto(f"{page.url}/settings")
    page.locator("summary", has_text="Remove").click()
    page.locator("input[name=confirm]").fill("mine")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"{LIST}$"))
    expect(page.get_by_role("link", name="mine", exact=True)).to_have_count(0)


def test_a_key_is_limited(open_page: Any) -> None:
    page = open_page(LIST)
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_text("Limit a key").click()
    page.get_by_label("Requests at once").fill("3")
    page.get_by_role("button", name="Limit it").click()
    row = page.get_by_role("region", name="List of limits").locator("tr", has_text="everybody else")
    expect(row).to_contain_text("3")


def test_buttons_wake_it_and_put_it_to_sleep(open_page: Any) -> None:
    page = open_page(MACHINE)
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.accept()))
    word = page.locator(".standing-word")
    wake = page.get_by_role("button", name="Wake", exact=True)
    if word.inner_text() == "Asleep":  # other tests may have woken it before
        wake.click()
        expect(page.locator(".asked").first).to_contain_text("It is called.")
    expect(word).to_have_text("Awake", timeout=AWAKE_MS)
    page.get_by_role("button", name=re.compile("^Sleep (now|anyway)$")).click()
    expect(page.locator(".asked").first).to_contain_text("It goes to sleep")
    expect(word).to_have_text("Asleep", timeout=AWAKE_MS)
    assert asked[-1].startswith("Put gpu-lab-01 to sleep")
    wake.click()
    expect(word).to_have_text(ON_ITS_WAY)
    expect(word).to_have_text("Awake", timeout=AWAKE_MS)
