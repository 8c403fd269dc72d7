// @ts-check
// The charts of one host: which span is shown, when to ask again, live mode.
import { announce } from "./announce.js";
import { Chart } from "./chart.js";
import { made } from "./drawn.js";
import { fullTime, moment } from "./format.js";
import { PANELS } from "./panels.js";
import { Source } from "./series.js";
import { Strip } from "./strip.js";

/** @type {Record<string, number>} */
const SPANS = { "5m": 300, "15m": 900, "1h": 3600, "6h": 21600, "24h": 86400, "7d": 604800, "30d": 2592000, "90d": 7776000, "1y": 31536000 };
const LIVE_SPAN = "5m";
const LIVE_RENEW_MS = 20000;
const WAITING_MS = 2000;

class Page {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.source = new Source(element.dataset.series ?? "");
    this.now = Date.now() / 1000;
    this.live = false;
    this.failed = "";
    this.timer = 0;
    this.renewed = 0;
    /** @type {(Chart | Strip)[]} */
    this.charts = [];
    this.sight = new IntersectionObserver((entries) => this.seen(entries), { rootMargin: "500px" });
    this.span = "1h";
    this.from = 0;
    this.to = 0;
    this.read();
    this.gather();
    this.listen();
  }

  /** Take charge of the charts that are on the page now; those that a search took away are let go. */
  gather() {
    this.charts = this.charts.filter((one) => one.element.isConnected || void one.uplot?.destroy());
    const known = new Set(this.charts.map((one) => one.element));
    for (const element of /** @type {NodeListOf<HTMLElement>} */ (this.element.querySelectorAll("[data-panel]"))) {
      if (known.has(element)) continue;
      const draw = element.dataset.draw ? JSON.parse(element.dataset.draw) : null;
      const panel = draw ? made(draw) : PANELS[element.dataset.panel ?? ""];
      const host = { range: () => this.range(), zoom: (/** @type {number} */ from, /** @type {number} */ to) => this.zoom(from, to), back: () => this.back() };
      this.charts.push(panel.strip ? new Strip(element, host, panel, draw.good ?? []) : new Chart(element, host, panel));
      this.sight.observe(element);
    }
  }

  read() {
    const query = new URLSearchParams(location.search);
    const [from, to] = [Number(query.get("from")), Number(query.get("to"))];
    this.from = from > 0 && to > from ? from : 0;
    this.to = this.from ? to : 0;
    const asked = query.get("span") ?? "";
    this.span = asked in SPANS ? asked : (this.element.dataset.span ?? "1h");
  }

  /** @param {boolean} push a new entry of the history */
  write(push) {
    const url = new URL(location.href);
    for (const name of ["span", "from", "to"]) url.searchParams.delete(name);
    if (this.from) {
      url.searchParams.set("from", this.from.toFixed(0));
      url.searchParams.set("to", this.to.toFixed(0));
    } else url.searchParams.set("span", this.span);
    history[push ? "pushState" : "replaceState"](null, "", url);
  }

  range() {
    return this.from ? { from: this.from, to: this.to } : { from: this.now - SPANS[this.span], to: this.now };
  }

  /** @param {number} from @param {number} to in seconds */
  zoom(from, to) {
    this.stop();
    const least = Math.max(10, to - from);
    [this.from, this.to] = [Math.floor(from), Math.ceil(from + least)];
    this.write(true);
    void this.load();
  }

  back() {
    if (!this.from) return;
    [this.from, this.to] = [0, 0];
    this.write(true);
    void this.load();
  }

  /** @param {string} span */
  choose(span) {
    if (span !== LIVE_SPAN) this.stop();
    this.span = span;
    [this.from, this.to] = [0, 0];
    this.write(true);
    void this.load();
  }

  listen() {
    const { element } = this;
    element.querySelectorAll("[data-span-button]").forEach((button) => button.addEventListener("click", () => this.choose(button.getAttribute("data-span-button") ?? "1h")));
    element.querySelector("[data-live]")?.addEventListener("click", () => (this.live ? this.choose("1h") : void this.start()));
    const custom = /** @type {HTMLFormElement | null} */ (element.querySelector("[data-custom]"));
    const opener = element.querySelector("[data-custom-button]");
    opener?.addEventListener("click", () => this.custom(custom, opener));
    custom?.addEventListener("submit", (event) => {
      event.preventDefault();
      const [from, to] = ["from", "to"].map((name) => new Date(String(new FormData(custom).get(name))).getTime() / 1000);
      if (to > from) this.zoom(from, to);
    });
    document.addEventListener("htmx:afterSwap", () => this.gather());
    new ResizeObserver(() => this.charts.forEach((chart) => chart.resize())).observe(element);
    window.addEventListener("popstate", () => { this.stop(); this.read(); void this.load(); });
    document.addEventListener("visibilitychange", () => { if (!document.hidden) void this.load(); });
    const redraw = () => this.charts.forEach((chart) => { if (chart.uplot && chart.answer) { chart.build(); chart.values(null); } });
    document.addEventListener("wakeful:theme", redraw);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  }

  /** @param {HTMLFormElement | null} form @param {Element} opener */
  custom(form, opener) {
    if (!form) return;
    form.hidden = !form.hidden;
    opener.setAttribute("aria-expanded", String(!form.hidden));
    if (form.hidden) return;
    const { from, to } = this.range();
    const local = (/** @type {number} */ seconds) => new Date((seconds - new Date(seconds * 1000).getTimezoneOffset() * 60) * 1000).toISOString().slice(0, 16);
    /** @type {HTMLInputElement} */ (form.elements.namedItem("from")).value = local(from);
    /** @type {HTMLInputElement} */ (form.elements.namedItem("to")).value = local(to);
    /** @type {HTMLInputElement} */ (form.elements.namedItem("from")).focus();
  }

  /** @param {IntersectionObserverEntry[]} entries */
  seen(entries) {
    let more = false;
    for (const entry of entries) {
      const chart = this.charts.find((one) => one.element === entry.target);
      if (!chart) continue;
      more = more || (entry.isIntersecting && !chart.visible);
      chart.visible = entry.isIntersecting;
    }
    if (more) void this.load();
  }

  async load() {
    clearTimeout(this.timer);
    this.now = Date.now() / 1000;
    this.marks();
    const shown = this.charts.filter((chart) => chart.visible);
    if (!shown.length || document.hidden) return;
    const asked = this.from ? { from: this.from, to: this.to } : { from: `-${this.span === "1y" ? "365d" : this.span}`, to: "now" };
    const points = Math.min(720, Math.max(120, Math.round(shown[0].plot.clientWidth / 2)));
    try {
      const answers = await this.source.fetch(shown.map((chart) => chart.panel), { ...asked, points });
      shown.forEach((chart, index) => chart.show(answers[index]));
      this.say("");
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") return;
      this.say(error instanceof Error ? error.message : "no answer");
    }
    this.element.dataset.loaded = String(Number(this.element.dataset.loaded ?? 0) + 1);
    if (!this.from) this.timer = window.setTimeout(() => void this.tick(), this.pace());
  }

  pace() {
    if (this.live) return 1000;
    if (!this.charts.some((chart) => chart.element.dataset.drawn)) return WAITING_MS;
    return Math.min(300000, Math.max(5000, (SPANS[this.span] / 360) * 1000));
  }

  async tick() {
    if (this.live && Date.now() - this.renewed > LIVE_RENEW_MS) await this.renew();
    await this.load();
  }

  /** @param {string} problem */
  say(problem) {
    const place = /** @type {HTMLElement} */ (this.element.querySelector("[data-problem]"));
    place.hidden = !problem;
    const text = place.querySelector("p");
    if (text) text.textContent = problem ? `The charts could not be read: ${problem}. The next try comes by itself.` : "";
    this.failed = problem;
  }

  marks() {
    const { from, to } = this.range();
    this.element.querySelectorAll("[data-span-button]").forEach((button) => button.setAttribute("aria-pressed", String(!this.from && button.getAttribute("data-span-button") === this.span)));
    this.element.querySelector("[data-live]")?.setAttribute("aria-pressed", String(this.live));
    const place = this.element.querySelector("[data-range]");
    if (!place) return;
    const wide = to - from > 86400 ? 86401 : 1;
    place.textContent = this.live ? "Every second" : this.from ? `${fullTime(from * 1000)} \u2013 ${moment(to, wide)}` : "";
  }

  async start() {
    this.live = true;
    await this.renew();
    if (this.live) this.choose(LIVE_SPAN);
  }

  stop() {
    this.live = false;
  }

  async renew() {
    const token = document.querySelector('meta[name="csrf-token"]')?.getAttribute("content") ?? "";
    try {
      const response = await fetch(this.element.dataset.live ?? "", { method: "POST", headers: { "X-CSRF-Token": token, "Content-Type": "application/json" }, body: "{}", credentials: "same-origin" });
      if (!response.ok) throw new Error((await response.json().catch(() => ({}))).message || `the collector answered ${response.status}`);
      if (!this.renewed) announce("Live: readings come every second");
      this.renewed = Date.now();
    } catch (error) {
      this.live = false;
      this.say(error instanceof Error ? error.message : "live mode was refused");
      this.marks();
    }
  }
}

const element = document.querySelector("[data-host]");
if (element) new Page(/** @type {HTMLElement} */ (element));
