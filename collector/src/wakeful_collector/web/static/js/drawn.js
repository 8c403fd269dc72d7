// @ts-check
// Charts described by the server: `data-draw` says which metrics, how their series become lines, how values are written.
import { CATEGORIES, each, reach, weight } from "./columns.js";

/**
 * @typedef {import("./series.js").Column} Column
 * @typedef {import("./series.js").Answer} Answer
 * @typedef {import("./panels.js").Line} Line
 * @typedef {import("./panels.js").Panel} Panel
 * @typedef {{names: string[], kind: string, by?: string[], line?: string[], words?: Record<string, string>, style?: string, only?: Record<string, string[]>, down?: string[], most?: number, least?: number, top?: number, label?: string, good?: string[], scale?: number}} Draw
 */
const MOST = 8;
const WAYS = /** @type {Record<string, string>} */ ({ receive: "in", transmit: "out", received: "in", sent: "out", receives: "in", sends: "out" });
const WORDS = /^(state|kind|status|phase|task|part|type|direction|mode|severity|operation|side|source)$/;

/** @param {Draw} draw @returns {Panel} */
export function made(draw) {
  const style = draw.style ?? "lines";
  const ways = { ratio: ratios, share: shares };
  return {
    names: draw.names, by: draw.by?.join(","), most: draw.most ?? (draw.by ? undefined : style === "mirrored" ? 2 * MOST : MOST), label: draw.label, kind: draw.kind,
    stacked: style === "stacked", mirrored: style === "mirrored", strip: style === "strip" || style === "states", least: draw.least,
    draw: (answer) => {
      const columns = kept(answer.columns, draw);
      const lines = (ways[/** @type {"ratio"} */ (style)] ?? plain)(columns, draw, answer);
      return { lines: lines.map((line, index) => ({ ...line, color: line.color || CATEGORIES[index % 8], dash: line.dash ?? index >= 8 })), top: draw.top ?? null };
    },
  };
}

/** @param {Column[]} columns @param {Draw} draw */
function kept(columns, draw) {
  const rules = Object.entries(draw.only ?? {});
  return columns.filter((one) => rules.every(([label, values]) => values.includes(one.labels[label])));
}

/** The labels that tell the columns apart, or those the chart names. @param {Column[]} columns @param {Draw} draw */
function naming(columns, draw) {
  if (draw.line) return draw.line;
  const names = [...new Set(columns.flatMap((one) => Object.keys(one.labels)))];
  const varying = names.filter((name) => new Set(columns.map((one) => one.labels[name])).size > 1);
  return varying.length || draw.names.length > 1 ? varying : names.slice(0, 1);
}

/** @param {Column} column @param {string[]} labels */
function thing(column, labels) {
  return labels.map((name) => spoken(name, column.labels[name])).filter(Boolean).join(" ");
}

/** Words of ours are spoken, names of things stay as they are. @param {string} name @param {string | undefined} value */
function spoken(name, value) {
  return value && WORDS.test(name) ? (name === "direction" && WAYS[value]) || value.replaceAll("_", " ") : value;
}

/** @param {Column} column @param {Draw} draw */
function word(column, draw) {
  return draw.words?.[column.name] ?? (draw.names.length > 1 ? column.name.split(".").slice(-2).join(" ").replaceAll("_", " ") : "");
}

/** One line a column, the heaviest first; of a mirrored chart one colour a thing. @param {Column[]} columns @param {Draw} draw @returns {Line[]} */
function plain(columns, draw) {
  const labels = naming(columns, draw);
  const mirrored = draw.style === "mirrored";
  const order = new Map(draw.names.map((name, index) => [name, index]));
  const sorted = columns.slice().sort((a, b) => (draw.words ? (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0) : 0) || weight(b) - weight(a));
  const things = [...new Set(sorted.map((one) => thing(one, mirrored ? labels.filter((name) => name !== draw.down?.[0]) : labels)))];
  return sorted.map((one) => {
    const below = mirrored && (draw.down?.[0] === "name" ? one.name === draw.down[1] : one.labels[draw.down?.[0] ?? ""] === draw.down?.[1]);
    const sign = (below ? -1 : 1) * (draw.scale ?? 1);
    const way = mirrored && draw.down?.[0] !== "name" && !labels.includes(draw.down?.[0] ?? "") ? spoken("direction", one.labels[draw.down?.[0] ?? ""]) : "";
    const label = [thing(one, labels), way, word(one, draw)].filter(Boolean).join(" ") || "newest";
    const own = thing(one, labels.filter((name) => name !== draw.down?.[0]));
    return {
      key: `${one.name} ${JSON.stringify(one.labels)}`, label,
      values: sign === 1 ? one.values : each(one.values, (value) => sign * value),
      color: mirrored && things.length > 1 ? CATEGORIES[things.indexOf(own) % 8] : "",
      dash: mirrored && things.length > 8 && things.indexOf(own) >= 8 ? true : undefined,
      fill: mirrored ? things.length === 1 : sorted.length === 1,
      ...(sorted.length === 1 || (mirrored && things.length === 1) ? reach(one, sign) : {}),
    };
  });
}

/** The first of two metrics as a share of both. @param {Column[]} columns @param {Draw} draw @returns {Line[]} */
function ratios(columns, draw) {
  return divided(columns, draw, (part, other) => (part + other > 0 ? part / (part + other) : null));
}

/** The first of two metrics as a share of the second. @param {Column[]} columns @param {Draw} draw @returns {Line[]} */
function shares(columns, draw) {
  return divided(columns, draw, (part, whole) => (whole > 0 ? part / whole : null));
}

/** @param {Column[]} columns @param {Draw} draw @param {(first: number, second: number) => number | null} divide @returns {Line[]} */
function divided(columns, draw, divide) {
  const [first, second] = draw.names;
  const labels = naming(columns.filter((one) => one.name === first), { ...draw, names: [first] });
  return columns.filter((one) => one.name === first).flatMap((one) => {
    const key = thing(one, labels);
    const other = columns.find((two) => two.name === second && thing(two, labels) === key);
    if (!other) return [];
    const values = one.values.map((value, row) => {
      const against = other.values[row];
      return typeof value === "number" && typeof against === "number" ? divide(value, against) : value === undefined ? undefined : null;
    });
    return [{ key, label: key || draw.words?.[first] || first, values, color: "" }];
  });
}
