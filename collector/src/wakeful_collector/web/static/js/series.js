// @ts-check
// Asks the collector for series: few requests, each for several charts, stale ones dropped.

/**
 * @typedef {{name: string, labels: Record<string, string>, unit: string, kind: string, values: (number | null)[], min: (number | null)[] | null, max: (number | null)[] | null}} Column
 * @typedef {{times: number[], step: number, columns: Column[]}} Answer
 * @typedef {{names: string[], by?: string}} Wish
 */

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
    /** @type {Map<string, Set<string>>} */
    const groups = new Map();
    for (const wish of wishes) {
      const names = groups.get(wish.by ?? "") ?? new Set();
      wish.names.forEach((name) => names.add(name));
      groups.set(wish.by ?? "", names);
    }
    const entries = [...groups];
    const answers = await Promise.all(entries.map(([by, names]) => this.one([...names], by, span, control.signal)));
    const found = new Map(entries.map(([by], index) => [by, answers[index]]));
    return wishes.map((wish) => {
      const answer = /** @type {Answer} */ (found.get(wish.by ?? ""));
      const wanted = new Set(wish.names);
      return { times: answer.times, step: answer.step, columns: answer.columns.filter((column) => wanted.has(column.name)) };
    });
  }

  /** @param {string[]} names @param {string} by @param {{from: string | number, to: string | number, points: number}} span @param {AbortSignal} signal */
  async one(names, by, span, signal) {
    const query = new URLSearchParams();
    names.forEach((name) => query.append("name", name));
    query.set("from", String(span.from));
    query.set("to", String(span.to));
    query.set("points", String(span.points));
    if (by) query.set("by", by);
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
  return { times: axis, step: answer.step, columns: columns.map((column) => ({
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
