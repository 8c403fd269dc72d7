// @ts-check
// Numbers and times as people read them: binary sizes, decimal rates, the viewer's own clock.

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const RATES = ["B/s", "kB/s", "MB/s", "GB/s", "TB/s"];
const HERTZ = ["Hz", "kHz", "MHz", "GHz"];
const BITS = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"];
const COUNTS = ["", "k", "M", "G"];

/** @param {number} value @returns {string} three figures at most behind which nobody looks */
export function figures(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1).replace(/\.0$/, "");
  return value.toFixed(2).replace(/\.?0+$/, "");
}

/** @param {number} value @param {string[]} names @param {number} base */
function scaled(value, names, base) {
  let step = 0;
  let size = Math.abs(value);
  while (size >= base * 0.9995 && step < names.length - 1) {
    size /= base;
    step += 1;
  }
  return `${figures(Math.sign(value) * size)}${names[step] ? (names === COUNTS ? "" : " ") + names[step] : ""}`;
}

/** @param {number} value of a duration */
function seconds(value) {
  const size = Math.abs(value);
  if (size >= 1e9) return date.format(value * 1000);
  if (size >= 172800) return `${figures(value / 86400)} days`;
  if (size >= 7200) return `${figures(value / 3600)} h`;
  if (size >= 180) return `${figures(value / 60)} min`;
  if (size >= 1) return `${figures(value)} s`;
  return size >= 0.001 || size === 0 ? `${figures(value * 1000)} ms` : `${figures(value * 1e6)} \u00b5s`;
}

/** @type {Record<string, (value: number) => string>} */
const FORMATS = {
  bytes: (value) => scaled(value, SIZES, 1024),
  byterate: (value) => scaled(value, RATES, 1000),
  percent: (value) => `${figures(value * 100)} %`,
  celsius: (value) => `${figures(value)} \u00b0C`,
  watts: (value) => `${figures(value)} W`,
  rpm: (value) => `${value.toFixed(0)} rpm`,
  seconds,
  persecond: (value) => `${scaled(value, COUNTS, 1000)}/s`,
  count: (value) => scaled(value, COUNTS, 1000),
  perminute: (value) => `${scaled(value * 60, COUNTS, 1000)}/min`,
  hertz: (value) => scaled(value, HERTZ, 1000),
  bits: (value) => scaled(value, BITS, 1000),
  volts: (value) => `${figures(value)} V`,
  amperes: (value) => `${figures(value)} A`,
  until: (value) => `${figures((value - Date.now() / 1000) / 86400)} days`,
};

/** @param {string} kind @param {number | null | undefined} value */
export function format(kind, value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "\u2013";
  return (FORMATS[kind] ?? FORMATS.count)(Math.abs(value) < 1e-9 ? 0 : value);
}

const date = new Intl.DateTimeFormat(undefined, { year: "numeric", month: "short", day: "numeric" });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });

/** @param {number} seconds since the epoch @param {number} span in seconds */
export function moment(seconds, span) {
  return (span <= 86400 ? clock : day).format(seconds * 1000);
}

/** @param {number} ms since the epoch */
export function fullTime(ms) {
  return full.format(ms);
}

/** Text of a machine without marks that turn the order of what follows. @param {string} text */
export function plain(text) {
  return text.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd");
}

/** @param {number} seconds of age */
export function ago(seconds) {
  const age = Math.max(0, Math.round(seconds));
  if (age < 60) return `${age} s ago`;
  if (age < 3600) return `${Math.floor(age / 60)} min ago`;
  if (age < 86400) return `${Math.floor(age / 3600)} h ago`;
  const days = Math.floor(age / 86400);
  return `${days} day${days === 1 ? "" : "s"} ago`;
}
