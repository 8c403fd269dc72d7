// @ts-check
// Columns of an answer: finding, changing and weighing them.

/**
 * @typedef {import("./series.js").Column} Column
 */
export const CATEGORIES = ["--c1", "--c2", "--c3", "--c4", "--c5", "--c6", "--c7", "--c8"];

/** @param {Column[]} columns @param {string} name @param {Record<string, string>} [labels] */
export function find(columns, name, labels = {}) {
  return columns.find((one) => one.name === name && Object.entries(labels).every(([key, value]) => one.labels[key] === value));
}

/** @param {(number | null | undefined)[]} values @param {(value: number) => number} change */
export function each(values, change) {
  return values.map((value) => (typeof value === "number" ? change(value) : value));
}

/** @param {Column} column */
export function weight(column) {
  let sum = 0;
  for (const value of column.values) sum += Math.abs(value ?? 0);
  return sum;
}

/** Where one value stands for many: the least and the most of them. @param {Column} column @param {number} [sign] */
export function reach(column, sign = 1) {
  if (!column.min || !column.max) return {};
  const [low, high] = [column.min, column.max].map((values) => each(values, (value) => sign * value));
  return { low, high };
}
