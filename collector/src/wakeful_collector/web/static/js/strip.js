// @ts-check
// A strip of states: one row a thing, green while it is well, red while it is not, nothing where nobody knows.
import { plain } from "./format.js";
import { withGaps } from "./series.js";

/**
 * @typedef {import("./panels.js").Panel} Panel
 * @typedef {import("./series.js").Answer} Answer
 * @typedef {import("./series.js").Column} Column
 * @typedef {{label: string, moods: string[], now: string}} Row
 */
const WIDTH = 1000;
const HEIGHT = 18;
const RANKS = ["bad", "warn", "ok"];
const SVG = "http://www.w3.org/2000/svg";
const BAD = /^(bad|critical|dead|down|error|exited|failed|faulted|failing|fault|lost|low_battery|missing|offline|unavail|unavailable|unhealthy|removed|suspended|stopped|crashed|on_battery|err)$/;
const WARN = /^(degraded|warn|warning|paused|restarting|activating|deactivating|rebuilding|recovering|resyncing|resync|recovery|pending|starting|unknown|predicted_failure|clean_degraded|needs_charging|reloading|check)$/;

/** @param {string} state as the machine said it @param {string[]} [good] words that are well here */
export function mood(state, good = []) {
  const said = state.toLowerCase().replaceAll(/[ -]/g, "_");
  if (good.includes(said)) return "ok";
  return BAD.test(said) ? "bad" : WARN.test(said) ? "warn" : "ok";
}

export class Strip {
  /** @param {HTMLElement} element @param {{range: () => {from: number, to: number}}} host @param {Panel} panel @param {string[]} good */
  constructor(element, host, panel, good) {
    this.element = element;
    this.host = host;
    this.panel = panel;
    this.good = good;
    const draw = JSON.parse(element.dataset.draw ?? "{}");
    this.states = draw.style === "states";
    /** @type {string[] | undefined} */
    this.names = draw.line;
    /** @type {[string, string[]][]} */
    this.only = Object.entries(draw.only ?? {});
    this.plot = /** @type {HTMLElement} */ (element.querySelector(".chart-plot"));
    this.note = /** @type {HTMLElement} */ (element.querySelector(".chart-note"));
    this.visible = false;
    /** @type {Answer | null} */
    this.answer = null;
    /** What the page asks of every chart; a strip is made of markup and needs no second drawing. */
    this.uplot = null;
  }

  /** @param {Answer} answer */
  show(answer) {
    this.answer = withGaps(answer);
    const rows = this.states ? this.byState(this.answer) : this.byValue(this.answer);
    this.plot.querySelector(".strip")?.remove();
    this.note.textContent = rows.length ? "" : this.element.dataset.reason || "No readings in this span.";
    this.note.hidden = rows.length > 0;
    if (!rows.length) return void delete this.element.dataset.drawn;
    const list = document.createElement("ul");
    list.className = "strip";
    list.append(...rows.map((row) => this.row(row, /** @type {Answer} */ (this.answer))));
    this.plot.append(list);
    this.element.dataset.drawn = "1";
  }

  /** @param {Answer} answer @returns {Row[]} */
  byValue(answer) {
    const { lines } = this.panel.draw(answer, "");
    return worst(lines.map((line) => ({
      label: line.label,
      moods: line.values.map((value) => (value === undefined ? "same" : value === null ? "" : value >= 0.999 ? "ok" : value > 0.001 ? "warn" : "bad")),
      now: { ok: "up", warn: "unsteady", bad: "down", "": "not known" }[last(line.values.map((value) => (typeof value !== "number" ? "" : value >= 0.999 ? "ok" : value > 0.001 ? "warn" : "bad")))] ?? "not known",
    })));
  }

  /** Of the series of one thing, the one that holds names its state. @param {Answer} answer @returns {Row[]} */
  byState(answer) {
    /** @type {Map<string, Column[]>} */
    const things = new Map();
    for (const column of answer.columns) {
      if (!this.only.every(([label, values]) => values.includes(column.labels[label]))) continue;
      const names = this.names ?? Object.keys(column.labels).filter((name) => name !== "state");
      const key = names.map((name) => column.labels[name]).filter(Boolean).join(" ") || column.name;
      things.set(key, [...(things.get(key) ?? []), column]);
    }
    return worst([...things].map(([label, columns]) => {
      const states = answer.times.map((_, at) => {
        const known = columns.filter((one) => typeof one.values[at] === "number");
        if (!known.length) return columns.some((one) => one.values[at] === undefined) ? "same" : "";
        const held = known.filter((one) => Number(one.values[at]) > 0.01).map((one) => one.labels.state ?? "");
        return held.sort((a, b) => RANKS.indexOf(mood(a, this.good)) - RANKS.indexOf(mood(b, this.good)))[0] ?? "";
      });
      return { label, moods: states.map((state) => (state && state !== "same" ? mood(state, this.good) : state)), now: last(states).replaceAll("_", " ") || "not known" };
    }));
  }

  /** @param {Row} row @param {Answer} answer */
  row(row, answer) {
    const { from, to } = this.host.range();
    const item = document.createElement("li");
    const label = document.createElement("span");
    label.className = "label";
    label.textContent = plain(row.label);
    label.title = plain(row.label);
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    const x = (/** @type {number} */ time) => Math.max(0, Math.min(WIDTH, ((time - from) / (to - from)) * WIDTH));
    let begun = 0;
    const filled = row.moods.map((one, at) => (one === "same" ? row.moods.slice(0, at).findLast((before) => before !== "same") ?? "" : one));
    hold(filled, row.moods, answer.times);
    for (let at = 1; at <= filled.length; at += 1) {
      if (at < filled.length && filled[at] === filled[begun]) continue;
      const end = at < filled.length ? answer.times[at] : answer.times[at - 1] + answer.step;
      if (filled[begun]) {
        const part = document.createElementNS(SVG, "rect");
        const left = x(answer.times[begun]);
        Object.entries({ x: left, y: 0, width: Math.max(1.5, x(end) - left), height: HEIGHT, class: filled[begun] }).forEach(([name, value]) => part.setAttribute(name, String(value)));
        svg.append(part);
      }
      begun = at;
    }
    const known = filled.filter(Boolean);
    const well = known.filter((one) => one === "ok").length;
    const share = document.createElement("span");
    share.className = `value ${filled.findLast(Boolean) ?? ""}`;
    share.textContent = row.now;
    share.title = known.length ? `well in ${((100 * well) / known.length).toFixed(well === known.length ? 0 : 2)} % of this span` : "";
    item.append(label, svg, share);
    return item;
  }

  /** @param {string} text */
  say(text) {
    this.note.textContent = text;
    this.note.hidden = !text;
  }

  resize() {}

  build() {}

  values() {}
}

/** What was read last holds until the next reading is overdue at the usual pace. @param {string[]} filled @param {string[]} moods @param {number[]} times */
function hold(filled, moods, times) {
  const known = moods.flatMap((one, index) => (one && one !== "same" ? [index] : []));
  const newest = known[known.length - 1];
  if (known.length < 2 || newest === times.length - 1) return;
  const paces = known.slice(1).map((at, index) => times[at] - times[known[index]]).sort((a, b) => a - b);
  if (times[times.length - 1] - times[newest] <= paces[Math.floor(paces.length / 2)] * 2.2) filled.fill(filled[newest], newest + 1);
}

/** @param {string[]} words @returns {string} the last that says something */
function last(words) {
  return words.findLast((one) => one && one !== "same") ?? "";
}

/** What is not well stands first. @param {Row[]} rows */
function worst(rows) {
  const rank = (/** @type {Row} */ row) => ["bad", "warn", "", "ok"].indexOf(last(row.moods));
  return rows.sort((a, b) => rank(a) - rank(b) || a.label.localeCompare(b.label, undefined, { numeric: true }));
}
