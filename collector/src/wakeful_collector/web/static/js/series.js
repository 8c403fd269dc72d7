// @ts-check
// Asks the collector for series: few requests, each for several charts, stale ones dropped.

/**
 * @typedef {{name: string, labels: Record<string, string>, unit: string, kind: string, values: (number | null)[], min: (number | null)[] | null, max: (number | null)[] | null}} Column
 * @typedef {{times: number[], step: number, columns: Column[], found?: Record<string, number>}} Answer
 * @typedef {{names: string[], by?: string, most?: number, label?: string}} Wish
 */

const NAMES_A_REQUEST = 40;

/** @param {Wish} one @param {Wish} other */
function same(one, other) {
  return (one.by ?? "") === (other.by ?? "") && (one.most ?? 0) === (other.most ?? 0) && (one.label ?? "") === (other.label ?? "");
}

export class SeriesError extends Error {}

export class Source {
  /** @param {string} url of the host's series */
  constructor(url) {
    this.url = url;
    /** @type {AbortController | null} */
    this.running = null;
  }

  /**
   * Fetch what several charts wish for; wishes with the same sums travel together.
   * @param {Wish[]} wishes @param {{from: string | number, to: string | number, points: number}} span
   * @returns {Promise<Answer[]>} one answer a wish, in their order
   */
  async fetch(wishes, span) {
    this.running?.abort();
    const control = (this.running = new AbortController());
    /** @type {Map<string, {wish: Wish, names: Set<string>}[]>} */
    const groups = new Map();
    for (const wish of wishes) {
      const key = JSON.stringify([wish.by ?? "", wish.most ?? 0, wish.label ?? ""]);
      const parts = groups.get(key) ?? [];
      groups.set(key, parts);
      let part = parts[parts.length - 1];
      if (!part || part.names.size + wish.names.length > NAMES_A_REQUEST) parts.push(part = { wish, names: new Set() });
      wish.names.forEach((name) => part.names.add(name));
    }
    const parts = [...groups.values()].flat();
    const answers = await Promise.all(parts.map((part) => this.one([...part.names], part.wish, span, control.signal)));
    return wishes.map((wish) => {
      const at = parts.findIndex((part) => same(part.wish, wish) && wish.names.every((name) => part.names.has(name)));
      const answer = answers[at];
      const wanted = new Set(wish.names);
      return { times: answer.times, step: answer.step, found: answer.found, columns: answer.columns.filter((column) => wanted.has(column.name)) };
    });
  }

  /** @param {string[]} names @param {Wish} wish @param {{from: string | number, to: string | number, points: number}} span @param {AbortSignal} signal */
  async one(names, wish, span, signal) {
    const query = new URLSearchParams();
    names.forEach((name) => query.append("name", name));
    query.set("from", String(span.from));
    query.set("to", String(span.to));
    query.set("points", String(span.points));
    if (wish.by) query.set("by", wish.by);
    if (wish.most) query.set("most", String(wish.most));
    if (wish.label) wish.label.split("\n").forEach((label) => query.append("label", label));
    const response = await fetch(`${this.url}?${query}`, { signal, headers: { Accept: "application/json" }, credentials: "same-origin" });
    if (response.status === 401) location.reload();
    if (!response.ok) {
      const body = await response.json().catch(() => ({}));
      throw new SeriesError(body.message || `the collector answered ${response.status}`);
    }
    return /** @type {Promise<Answer>} */ (response.json());
  }
}

/**
 * Keep gaps gaps: put a row of nothing where ticks are missing; short holes of slow meters are bridged.
 * @param {Answer} answer @returns {Answer}
 */
export function withGaps(answer) {
  const { times, columns } = answer;
  const steps = times.slice(1).map((time, index) => time - times[index]).sort((a, b) => a - b);
  const usual = Math.max(answer.step, steps[Math.floor(steps.length / 2)] ?? 0);
  /** @type {number[]} */
  const axis = [];
  /** @type {number[]} */
  const rows = [];
  times.forEach((time, index) => {
    if (index && time - times[index - 1] > usual * 3.5) {
      axis.push(times[index - 1] + usual);
      rows.push(-1);
    }
    axis.push(time);
    rows.push(index);
  });
  const spread = (/** @type {(number | null)[]} */ values) => bridged(axis, rows.map((row) => (row < 0 ? null : values[row])));
  return { times: axis, step: answer.step, found: answer.found, columns: columns.map((column) => ({
    ...column, values: spread(column.values), min: column.min && spread(column.min), max: column.max && spread(column.max),
  })) };
}

/** A null between readings that come at their usual pace is no gap; `undefined` tells uPlot so. @param {number[]} times @param {(number | null)[]} values */
function bridged(times, values) {
  const known = values.flatMap((value, index) => (value === null ? [] : [index]));
  if (known.length === values.length || known.length < 3) return values;
  const paces = known.slice(1).map((at, index) => times[at] - times[known[index]]).sort((a, b) => a - b);
  const patience = paces[Math.floor(paces.length / 2)] * 2.2;
  /** @type {any[]} */
  const result = values.slice();
  for (let index = 1; index < known.length; index += 1) {
    const [left, right] = [known[index - 1], known[index]];
    if (right - left > 1 && times[right] - times[left] <= patience) result.fill(undefined, left + 1, right);
  }
  return result;
}
