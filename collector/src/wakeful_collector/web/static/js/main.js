// @ts-check
// What every page has: theme, local times, copying, short-cuts, and the fleet's quiet refresh.
import { announce } from "./announce.js";
import { ago, fullTime } from "./format.js";

const REFRESH_MS = 10000;
const YEAR_SECONDS = 31536000;

function theme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${root.dataset.theme}; Path=/; Max-Age=${YEAR_SECONDS}; SameSite=Strict${secure}`;
  document.dispatchEvent(new CustomEvent("wakeful:theme"));
}

/** Write each time in the viewer's zone; UTC stays in the title. */
function times() {
  for (const element of /** @type {NodeListOf<HTMLTimeElement>} */ (document.querySelectorAll("time[datetime]"))) {
    const ms = Date.parse(element.dateTime);
    if (Number.isNaN(ms)) continue;
    const utc = element.dateTime.replace("T", " ").replace("Z", " UTC");
    if (element.dataset.style === "ago") {
      const text = ago((Date.now() - ms) / 1000);
      if (element.textContent !== text) element.textContent = text;
      element.title = `${fullTime(ms)} (${utc})`;
    } else if (!element.title) {
      element.textContent = fullTime(ms);
      element.title = utc;
    }
  }
}

/** @param {HTMLElement} button beside a code element */
async function copy(button) {
  const code = button.closest(".copy-line")?.querySelector("code");
  if (!code) return;
  const text = code.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    getSelection()?.selectAllChildren(code);
    document.execCommand("copy");
  }
  const label = button.querySelector("span");
  if (label) {
    const before = label.dataset.before ?? label.textContent ?? "";
    label.dataset.before = before;
    label.textContent = "Copied";
    setTimeout(() => { label.textContent = before; }, 1600);
  }
  announce("Copied");
}

/** Up and down (or j and k) walk the fleet's rows. @param {KeyboardEvent} event */
function walk(event) {
  const links = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-row-link]")]);
  const at = links.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const down = event.key === "j" || (event.key === "ArrowDown" && at >= 0);
  const up = event.key === "k" || (event.key === "ArrowUp" && at >= 0);
  if (!links.length || (!down && !up)) return;
  const next = links[Math.min(links.length - 1, Math.max(0, at + (down ? 1 : -1)))];
  next.focus();
  next.closest("tr")?.scrollIntoView({ block: "nearest" });
  event.preventDefault();
}

/** @param {KeyboardEvent} event */
function keys(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.key === "Escape") {
    document.querySelectorAll("details.menu[open]").forEach((menu) => menu.removeAttribute("open"));
  }
  if (event.ctrlKey || event.metaKey || event.altKey || target.matches("input, select, textarea")) return;
  const search = /** @type {HTMLInputElement | null} */ (document.querySelector("input[type=search]"));
  if (event.key === "/" && search) {
    event.preventDefault();
    search.focus();
    search.select();
  } else walk(event);
}

document.addEventListener("keydown", keys);
document.addEventListener("click", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  const button = /** @type {HTMLElement | null} */ (target.closest("button"));
  if (button?.matches("[data-theme-toggle]")) theme();
  else if (button?.matches("[data-copy]")) void copy(button);
  else if (button?.matches("[data-dismiss]")) button.closest(".asked")?.remove();
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(target)) menu.removeAttribute("open");
  }
});
document.addEventListener("change", (event) => {
  const target = /** @type {HTMLElement} */ (event.target);
  if (target.matches("select[data-submit]")) /** @type {HTMLSelectElement} */ (target).form?.requestSubmit();
});
// Before the form itself hears of it: what is not confirmed reaches neither the browser nor htmx.
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (!form.dataset.confirm || confirm(form.dataset.confirm)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

/** Ask again for the parts that name themselves `data-refresh`, while somebody looks. */
function refresh() {
  if (document.hidden) return;
  for (const part of document.querySelectorAll("[data-refresh]")) {
    if (part.querySelector("details[open]:not([id])") || getSelection()?.toString()) continue;
    const url = part.getAttribute("data-refresh") || location.pathname + location.search;
    // Each part is its own source: of several requests from one, htmx sends the first and the last alone.
    // @ts-ignore htmx is a global of its own script
    void window.htmx?.ajax("GET", url, { source: part, target: part, swap: "innerHTML" }).catch(() => {});
  }
}

/** What somebody opened or shut stays so when its part of the page comes anew. @type {Map<string, boolean>} */
const opened = new Map();
document.addEventListener("htmx:beforeSwap", (event) => {
  opened.clear();
  const { detail } = /** @type {CustomEvent} */ (event);
  const target = /** @type {HTMLElement} */ (detail.target);
  const typed = document.activeElement;
  // A refresh that comes while somebody types would take the word away; the next one shows what is new.
  if (detail.requestConfig?.elt?.hasAttribute("data-refresh") && typed instanceof HTMLInputElement && typed.value !== typed.defaultValue && target.contains(typed)) {
    detail.shouldSwap = false;
    return;
  }
  for (const part of /** @type {NodeListOf<HTMLDetailsElement>} */ (target.querySelectorAll("details[id]"))) {
    opened.set(part.id, part.open);
  }
});
document.addEventListener("htmx:afterSwap", () => {
  for (const [id, open] of opened) {
    const part = document.getElementById(id);
    if (part instanceof HTMLDetailsElement) part.open = open;
  }
});

/** Say that a button did nothing: the answer is no part of a page. @param {string} said */
function failed(said) {
  const list = document.getElementById("asked");
  if (!list) return;
  const note = document.createElement("p");
  note.className = "asked bad";
  note.textContent = said;
  list.prepend(note);
}
document.addEventListener("htmx:responseError", (event) => {
  const { target, xhr } = /** @type {CustomEvent} */ (event).detail;
  if (target?.id === "asked") failed(`That was not done (${xhr.status}). Load the page again, and sign in if it asks.`);
});
document.addEventListener("htmx:sendError", (event) => {
  if (/** @type {CustomEvent} */ (event).detail.target?.id === "asked") failed("The collector does not answer; that was not done.");
});
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, xhr } = /** @type {CustomEvent} */ (event).detail;
  const sure = xhr?.getResponseHeader("HX-Trigger") && elt.closest("details.sure[open]");
  if (!sure) return;
  sure.removeAttribute("open");
  sure.querySelector("summary").focus();
});
document.addEventListener("wakeful:changed", () => setTimeout(refresh, 150));
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content");
  if (token) /** @type {CustomEvent} */ (event).detail.headers["X-CSRF-Token"] = token;
});
document.addEventListener("htmx:afterSwap", times);
document.addEventListener("htmx:sendError", () => document.body.classList.add("offline"));
document.addEventListener("htmx:afterOnLoad", () => document.body.classList.remove("offline"));
if (document.querySelector("[data-refresh]")) {
  setInterval(refresh, REFRESH_MS);
  document.addEventListener("visibilitychange", refresh);
}
/** Of tabs that do not fit, show the one that is open. */
function openTabs() {
  for (const bar of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(".tabs, .host-tabs, .span-group"))) {
    const open = bar.querySelector("[aria-current], [aria-pressed=true]");
    if (!open || bar.scrollWidth <= bar.clientWidth) continue;
    const box = bar.getBoundingClientRect();
    const own = open.getBoundingClientRect();
    bar.scrollLeft += own.left - box.left - (box.width - own.width) / 2;
  }
}
document.addEventListener("htmx:afterSwap", openTabs);
openTabs();
times();
setInterval(times, 1000);
