"""The pages in a real browser: reachable by everybody, narrow and wide, dark and light, and talking to nobody else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from wakeful_collector.store import agents
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGES = {
    "fleet": "/",
    "nothing found": "/?q=no+machine+is+called+so",
    "host": "/hosts/{up}",
    "silent host": "/hosts/{silent}",
    "host with disks": "/hosts/{nas}?span=24h",
    "host with containers": "/hosts/{ci}?span=24h",
    "watches": "/hosts/{keeper}/watches",
    "no watches": "/hosts/{db}/watches",
    "asleep": "/hosts/{sleeper}/watches",
    "timeline": "/timeline",
    "gateway": "/integrations/ollama",
    "gateway machine": "/integrations/ollama/gpu-lab-01",
    "gateway machine that does not come": "/integrations/ollama/attic",
    "gateway requests": "/integrations/ollama/gpu-lab-01/requests",
    "gateway settings": "/integrations/ollama/gpu-lab-01/settings",
    "gateway add": "/integrations/ollama/_/add",
    "clusters": "/integrations/proxmox",
    "cluster": "/integrations/proxmox/lab",
    "guests": "/integrations/proxmox/lab/guests",
    "guest": "/integrations/proxmox/lab/guests/100",
    "guest configuration": "/integrations/proxmox/lab/guests/104/config",
    "guest snapshots": "/integrations/proxmox/lab/guests/100/snapshots",
    "guest history": "/integrations/proxmox/lab/guests/104/history",
    "guest tasks": "/integrations/proxmox/lab/guests/106/tasks",
    "node": "/integrations/proxmox/lab/nodes/pve1",
    "storages": "/integrations/proxmox/lab/storage",
    "contents": "/integrations/proxmox/lab/storage/pve1/nas",
    "backups": "/integrations/proxmox/lab/backups",
    "tasks": "/integrations/proxmox/lab/tasks",
    "history": "/integrations/proxmox/lab/history",
    "difference": "/integrations/proxmox/lab/difference?since=7d",
    "declared state": "/integrations/proxmox/lab/plan",
    "cluster settings": "/integrations/proxmox/lab/settings",
    "cluster add": "/integrations/proxmox/_/add",
    "notifications": "/settings/notifications",
    "channel": "/settings/notifications/ch_demo",
    "metrics": "/hosts/{db}/metrics",
    "metrics narrowed": "/hosts/{db}/metrics?q=postgresql&label=target:local",
    "metric": "/hosts/{db}/metrics?name=postgresql.commits",
    "metric that is gone": "/hosts/{db}/metrics?name=no.such.metric",
    "disks": "/hosts/{nas}/inventories/disks",
    "pools": "/hosts/{nas}/inventories/zfs_pools",
    "containers": "/hosts/{ci}/inventories/containers",
    "processes": "/hosts/{up}/inventories/processes",
    "ports": "/hosts/{up}/inventories/ports",
    "inventories": "/hosts/{up}/inventories",
    "system": "/hosts/{up}/system",
    "host events": "/hosts/{up}/events",
    "events": "/events",
    "add": "/machines/add",
    "keys": "/settings/keys",
    "people": "/settings/people",
    "invites": "/settings/invites",
    "audit": "/settings/audit",
    "account": "/account",
    "api": "/api/docs",
}


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_use_it(open_page: Any, host_ids: dict[str, str], axe: Any, name: str, theme: str) -> None:
    page = open_page(PAGES[name].format(**host_ids), theme=theme)
    settle(page)
    assert axe(page) == []


@pytest.mark.parametrize("name", PAGES)
def test_a_narrow_screen_never_scrolls_sideways(open_page: Any, host_ids: dict[str, str], axe: Any, name: str) -> None:
    page = open_page(PAGES[name].format(**host_ids), width=390)
    settle(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert axe(page) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_sign_in_and_errors_are_for_everybody_too(collector: Any, browser: Browser, axe: Any, theme: str) -> None:
    context = browser.new_context(color_scheme=theme, viewport={"width": 390, "height": 800})
    page = context.new_page()
    for path in ("/sign-in", "/sign-in/link/spent", "/nothing/here"):
        page.goto(collector.url + path)
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    context.close()


@pytest.mark.parametrize("path", ["/settings/audit", "/integrations/proxmox/lab/history", "/hosts/{up}/events"])
def test_the_open_tab_is_in_view_on_a_narrow_screen(open_page: Any, host_ids: dict[str, str], path: str) -> None:
    page = open_page(path.format(**host_ids), width=390)
    box = page.locator(".tabs [aria-current], .host-tabs [aria-current]").first.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390


def test_a_refresh_takes_no_word_from_who_is_typing(open_page: Any) -> None:
    page = open_page("/")
    page.evaluate("() => { const q = document.getElementById('q'); q.focus(); q.value = 'half a wo'; }")
    with page.expect_response(lambda answer: answer.request.headers.get("hx-request") == "true"):
        page.evaluate("() => document.dispatchEvent(new CustomEvent('wakeful:changed'))")
    page.wait_for_timeout(300)
    assert page.input_value("#q") == "half a wo"
    page.locator("#q").press_sequentially("rd")
    page.wait_for_selector("text=Nothing fits")
    assert page.input_value("#q") == "half a word"


def test_events_are_cards_on_a_narrow_screen_and_nothing_of_them_is_cut(open_page: Any) -> None:
    page = open_page("/events", width=390)
    page.wait_for_selector("table.stacked tbody tr")
    widths = "[...document.querySelectorAll('table.stacked td')].map(one => one.getBoundingClientRect().right)"
    assert max(page.evaluate(widths)) <= 390
    expect(page.get_by_role("link", name="attic").first).to_be_visible()


def test_a_full_disk_is_said_on_the_fleet_and_on_the_machines_own_pages(open_page: Any) -> None:
    page = open_page("/?q=full")
    row = page.locator("table.fleet tbody tr", has_text="% full").first
    said = row.locator(".issue").first.text_content() or ""
    row.locator("[data-row-link]").click()
    page.wait_for_url(re.compile("/hosts/"))
    expect(page.get_by_label("Needs a look")).to_contain_text(said.strip())
    page.get_by_role("link", name="Watches", exact=True).click()
    page.wait_for_url(re.compile("/watches"))
    expect(page.get_by_label("Needs a look")).to_contain_text(said.strip())
    expect(page.get_by_text("cores,")).to_be_visible()


def test_without_scripts_charts_say_why_they_stay_empty(open_page: Any, host_ids: dict[str, str]) -> None:
    page = open_page(f"/hosts/{host_ids['up']}", java_script_enabled=False)
    expect(page.locator("noscript strong", has_text="Charts need")).to_be_visible()
    expect(page.get_by_text("Waiting for").first).to_be_hidden()


def test_charts_draw_with_values_and_share_their_cursor(open_page: Any, host_ids: dict[str, str]) -> None:
    page = open_page(f"/hosts/{host_ids['up']}")
    drawn(page, "cpu")
    drawn(page, "memory")
    before = page.locator("[data-panel=memory] .value").first.text_content()
    assert re.search(r"\d+(\.\d+)? (MiB|GiB)", before or "")
    page.locator("[data-panel=cpu] .u-over").hover(position={"x": 80, "y": 60})
    expect(page.locator("[data-panel=cpu] .u-cursor-time")).to_have_text(re.compile(r"\d\d:\d\d"))
    box = page.locator("[data-panel=memory] .u-cursor-x")
    expect(box).not_to_have_class(re.compile("u-off"))


def test_the_page_asks_for_series_in_few_requests(open_page: Any, host_ids: dict[str, str]) -> None:
    asked: list[str] = []
    page = open_page("/events")
    page.on("request", lambda request: asked.append(request.url) if "/series?" in request.url else None)
    page.goto(page.url.replace("/events", f"/hosts/{host_ids['up']}"))
    drawn(page, "cpu")
    assert 1 <= len(asked) <= 6


def test_dragging_zooms_double_click_goes_back_and_the_address_knows(open_page: Any, host_ids: dict[str, str]) -> None:
    page = open_page(f"/hosts/{host_ids['up']}?span=6h")
    drawn(page, "cpu")
    page.keyboard.press("Home")
    over = page.locator("[data-panel=cpu] .u-over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 50, steps=6)
    page.mouse.up()
    page.wait_for_url(re.compile(r"from=\d+&to=\d+"))
    expect(page.locator("[data-range]")).not_to_be_empty()
    over.dblclick(position={"x": 100, "y": 40})
    page.wait_for_url(re.compile(r"span=6h"))
    page.get_by_role("button", name="24h", exact=True).click()
    page.wait_for_url(re.compile(r"span=24h"))
    assert page.get_by_role("button", name="24h", exact=True).get_attribute("aria-pressed") == "true"


def test_strips_say_how_things_are_and_were(open_page: Any, host_ids: dict[str, str]) -> None:
    page = open_page(f"/hosts/{host_ids['nas']}?span=24h")
    page.locator("[data-panel=smart-state]").scroll_into_view_if_needed()
    drawn(page, "smart-state")
    rows = page.locator("[data-panel=smart-state] .strip li")
    expect(rows).to_have_count(4)
    expect(rows.first.locator(".label")).to_have_text("sdb")
    expect(rows.first.locator(".value")).to_have_text("degraded")
    assert rows.first.locator("rect.warn").count() >= 1
    assert rows.nth(1).locator("rect.ok").count() >= 1


def test_every_metric_is_found_and_drawn_in_few_requests(open_page: Any, host_ids: dict[str, str]) -> None:
    asked: list[str] = []
    page = open_page(f"/hosts/{host_ids['db']}/events")
    page.on("request", lambda request: asked.append(request.url) if "/series?" in request.url else None)
    page.goto(page.url.replace("/events", "/metrics"))
    page.wait_for_selector("[data-panel=metric][data-drawn]")
    assert 1 <= len(asked) <= 3
    page.keyboard.press("/")
    page.keyboard.type("commits")
    page.wait_for_url(re.compile("q=commits"))
    cards = page.locator("[data-panel=metric]")
    expect(cards).to_have_count(1)
    expect(cards.first).to_have_attribute("data-drawn", "1")
    page.get_by_role("link", name="postgresql.commits").click()
    page.wait_for_url(re.compile("name=postgresql.commits"))
    page.get_by_role("link", name="Sum by database").click()
    page.wait_for_selector(".chart.large[data-drawn]")
    expect(page.locator(".chart.large .legend button")).to_have_count(2)
    page.get_by_role("link", name="billing").click()
    page.wait_for_url(re.compile("label=database(:|%3A)billing"))
    page.wait_for_selector(".chart.large[data-drawn]")
    expect(page.locator(".chart.large .legend button")).to_have_count(1)


def test_a_thing_of_a_table_leads_to_its_metrics(open_page: Any, host_ids: dict[str, str]) -> None:
    page = open_page(f"/hosts/{host_ids['ci']}/inventories/containers")
    expect(page.locator("tbody tr").first.locator(".mood.bad")).to_have_text("unhealthy")
    page.get_by_role("link", name="runner-1").click()
    page.wait_for_url(re.compile("label=container"))
    page.wait_for_selector("[data-panel=metric][data-drawn]")
    expect(page.get_by_role("link", name="container.cpu.time")).to_be_visible()


def test_charts_keep_their_place_while_they_load(open_page: Any, host_ids: dict[str, str]) -> None:
    page = open_page(f"/hosts/{host_ids['up']}")
    before = tops(page)
    drawn(page, "cpu")
    drawn(page, "disk")
    assert tops(page) == before


def test_a_legend_key_hides_its_line(open_page: Any, host_ids: dict[str, str]) -> None:
    page = open_page(f"/hosts/{host_ids['up']}")
    drawn(page, "load")
    key = page.locator("[data-panel=load] .legend button").first
    key.focus()
    page.keyboard.press("Enter")
    assert key.get_attribute("aria-pressed") == "false"


def test_live_asks_for_seconds_and_polls_them(open_page: Any, host_ids: dict[str, str]) -> None:
    page = open_page(f"/hosts/{host_ids['up']}")
    drawn(page, "cpu")
    with page.expect_response(
        lambda answer: answer.url.endswith("/live") and answer.request.method == "POST"
    ) as answered:
        page.get_by_role("button", name="Live").click()
    assert answered.value.ok
    expect(page.locator("[data-range]")).to_have_text("Every second")
    for _ in range(2):
        with page.expect_response(lambda answer: "/series?" in answer.url and answer.ok, timeout=20_000):
            pass
    page.get_by_role("button", name="Live").click()
    assert page.get_by_role("button", name="Live").get_attribute("aria-pressed") == "false"


def test_the_theme_is_remembered_without_a_flash(open_page: Any) -> None:
    page = open_page("/", theme="light")
    page.get_by_role("button", name="Switch between dark and light").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(12, 15, 20)"
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_fleet_is_searched_and_walked_by_keys(open_page: Any) -> None:
    page = open_page("/")
    rows = page.locator("table.fleet tbody tr")
    everything = rows.count()
    page.keyboard.press("/")
    page.keyboard.type("db-")
    page.wait_for_url(re.compile("q=db-"))
    expect(rows).not_to_have_count(everything)
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.matches('[data-row-link]')")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/hosts/"))


def test_columns_sort_through_the_address(open_page: Any) -> None:
    page = open_page("/")
    page.get_by_role("link", name="Memory").click()
    page.wait_for_url(re.compile("sort=memory&order=down"))
    shares = [
        float(text.split()[0])
        for text in page.locator("[data-label=Memory] .number").all_text_contents()
        if "%" in text
    ]
    assert shares == sorted(shares, reverse=True)
    assert len(shares) > 3


def test_a_new_machine_appears_by_itself_and_its_hostile_name_is_text(open_page: Any, collector: Any) -> None:
    page = open_page("/")
    page.wait_for_selector("table.fleet")
    name = "<img src=x onerror=document.title='pwned'>"
    with changing(collector.data) as connection:
        newcomer = agents.Newcomer(name, "0" * 64, version="0.1.0")
        agents.add(connection, "newcomer0000", newcomer, 1_000)
    expect(page.get_by_text(name)).to_be_visible(timeout=45_000)
    assert "pwned" not in page.title()
    with changing(collector.data) as connection:
        agents.forget(connection, "newcomer0000", 2_000)


def test_focus_is_seen(open_page: Any) -> None:
    page = open_page("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def test_times_are_the_viewers_and_utc_stands_in_the_title(open_page: Any) -> None:
    page = open_page("/events", timezone_id="Asia/Tokyo", locale="en-GB")
    first = page.locator("table time").first
    expect(first).to_have_attribute("title", re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$"))
    utc = (first.get_attribute("title") or "")[11:13]
    local = re.search(r"(\d\d):\d\d:\d\d", first.text_content() or "")
    assert local is not None
    assert int(local.group(1)) == (int(utc) + 9) % 24


def test_an_invite_line_can_be_copied(open_page: Any) -> None:
    page = open_page("/machines/add", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Make an invite").click()
    page.get_by_role("button", name="Copy").first.click()
    expect(page.locator("#announce")).to_have_text("Copied")
    assert "--invite wk_inv_" in page.evaluate("navigator.clipboard.readText()")


def test_reduced_motion_is_respected(open_page: Any, host_ids: dict[str, str]) -> None:
    page = open_page(f"/hosts/{host_ids['up']}", reduced_motion="reduce")
    page.get_by_role("button", name="Live").click()
    page.wait_for_selector("[data-live][aria-pressed=true]")
    assert page.evaluate("getComputedStyle(document.querySelector('.live-dot')).animationIterationCount") == "1"


def settle(page: Page) -> None:
    """Wait for the charts, where there are some."""
    if page.locator("[data-host]").count():
        page.locator("[data-host] .spans, [data-host] .metrics-bar").first.scroll_into_view_if_needed()
        page.wait_for_selector("[data-host][data-loaded]")
        page.wait_for_timeout(200)


def drawn(page: Page, panel: str) -> None:
    page.wait_for_selector(f"[data-panel={panel}][data-drawn]", timeout=60_000)


def tops(page: Page) -> list[float]:
    script = "[...document.querySelectorAll('.chart, .charts > h2')].map(one => one.getBoundingClientRect().top)"
    found: list[float] = page.evaluate(script)
    return found
