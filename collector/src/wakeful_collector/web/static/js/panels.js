// @ts-check
// What the charts of the machine itself ask for and draw. A panel is data: names to ask for, and lines made of the
// columns that came. Charts of everything else are described by the server, see drawn.js.
import { CATEGORIES, each, find, reach, weight } from "./columns.js";

/**
 * @typedef {import("./series.js").Column} Column
 * @typedef {import("./series.js").Answer} Answer
 * @typedef {{key: string, label: string, values: (number | null | undefined)[], color: string, dash?: boolean, fill?: boolean, low?: (number | null | undefined)[], high?: (number | null | undefined)[]}} Line
 * @typedef {{lines: Line[], choices?: string[], top?: number | null}} Drawing
 * @typedef {{names: string[], by?: string, most?: number, label?: string, kind: string, stacked?: boolean, mirrored?: boolean, strip?: boolean, least?: number, draw: (answer: Answer, chosen: string) => Drawing}} Panel
 */

const MOST_LINES = 6;
const MODES = /** @type {[string, string][]} */ ([
  ["user", "--c1"], ["nice", "--c7"], ["system", "--c2"], ["iowait", "--c4"], ["irq", "--c6"], ["softirq", "--c3"], ["steal", "--c5"],
]);
const WAITS = /** @type {[string, string, string, boolean][]} */ ([
  ["cpu", "some", "--c1", false], ["memory", "some", "--c5", false], ["memory", "full", "--c5", true], ["io", "some", "--c4", false], ["io", "full", "--c4", true],
]);
const MEMORY = /** @type {[string, string][]} */ ([["used", "--c5"], ["buffers", "--c7"], ["cached", "--c8"]]);
const TCP = ["established", "time_wait", "close_wait", "syn_sent", "syn_recv", "listen", "fin_wait1", "fin_wait2", "last_ack"];
const STATUSES = ["running", "blocked", "sleeping", "idle", "zombie", "stopped"];

/** Lines of the gauges `[name, label, color, dash]`, where they are there. @param {[string, string, string, boolean?][]} rows */
function gauges(rows) {
  return (/** @type {Answer} */ answer) => ({
    lines: rows.flatMap(([name, label, color, dash], index) => {
      const column = find(answer.columns, name);
      return column ? [{ key: name, label, values: column.values, color, dash, ...(index === 0 ? reach(column) : {}) }] : [];
    }),
  });
}

/** One line a value of `label`, in the order of `order`, then by weight. @param {string} label @param {string[]} order @param {number} most */
function byLabel(label, order = [], most = MOST_LINES) {
  return (/** @type {Answer} */ answer) => {
    const rank = (/** @type {Column} */ one) => (order.indexOf(one.labels[label]) + 1 || 99);
    const sorted = answer.columns.filter((one) => order.length === 0 || weight(one) > 0).sort((a, b) => rank(a) - rank(b) || weight(b) - weight(a));
    return { lines: sorted.slice(0, most).map((one, index) => ({ key: one.labels[label] ?? "", label: (one.labels[label] ?? one.name).replaceAll("_", " "), values: one.values, color: CATEGORIES[index % 8], ...(sorted.length === 1 ? reach(one) : {}) })) };
  };
}

/** Devices with two directions: the first upwards, the second downwards. @param {string} name @param {[string, string, string][]} ways direction, word, sign */
function twoWays(name, ways) {
  return (/** @type {Answer} */ answer, /** @type {string} */ chosen) => {
    const columns = answer.columns.filter((one) => one.name === name && one.labels.device !== "lo");
    const weights = new Map();
    for (const one of columns) weights.set(one.labels.device, (weights.get(one.labels.device) ?? 0) + weight(one));
    const devices = [...weights.keys()].sort((a, b) => weights.get(b) - weights.get(a) || a.localeCompare(b));
    const busy = devices.filter((one) => weights.get(one) > 0);
    const shown = chosen ? devices.filter((one) => one === chosen) : busy.length ? busy.slice(0, 4) : devices.slice(0, 1);
    const alone = shown.length === 1;
    /** @type {Line[]} */
    const lines = [];
    shown.forEach((device, index) => ways.forEach(([direction, word, sign], way) => {
      const column = find(columns, name, { device, direction });
      if (!column) return;
      lines.push({
        key: `${device} ${direction}`,
        label: alone ? word : `${device} ${word}`,
        values: sign === "-" ? each(column.values, (value) => -value) : column.values,
        color: CATEGORIES[alone ? way : index],
        fill: alone,
        dash: false,
        ...(alone ? reach(column, sign === "-" ? -1 : 1) : {}),
      });
    }));
    return { lines, choices: devices };
  };
}

/** @param {Answer} answer */
function modes(answer) {
  const columns = answer.columns.filter((one) => one.name === "system.cpu.time");
  const totals = answer.times.map((_, row) => columns.reduce((sum, one) => sum + (one.values[row] ?? 0), 0));
  const share = (/** @type {Column} */ one) => one.values.map((value, row) => (typeof value === "number" && totals[row] > 0 ? value / totals[row] : value));
  return {
    lines: MODES.flatMap(([mode, color]) => {
      const column = find(columns, "system.cpu.time", { mode });
      return column && (weight(column) > 0 || mode === "user" || mode === "system") ? [{ key: mode, label: mode, values: share(column), color }] : [];
    }),
    top: 1,
  };
}

/** @param {string} usage @param {string} limit @param {[string, string][]} states */
function filled(usage, limit, states) {
  return (/** @type {Answer} */ answer) => {
    const size = find(answer.columns, limit)?.values.findLast((value) => typeof value === "number") ?? null;
    const lines = states.flatMap(([state, color]) => {
      const column = find(answer.columns, usage, { state });
      return column ? [{ key: state, label: state, values: column.values, color }] : [];
    });
    return { lines: size === 0 ? [] : lines, top: typeof size === "number" ? size : null };
  };
}

/** @param {Answer} answer */
function waits(answer) {
  return {
    lines: WAITS.flatMap(([resource, kind, color, dash]) => {
      const column = find(answer.columns, "system.pressure.time", { resource, kind }) ?? find(answer.columns, "system.pressure.average", { resource, kind });
      return column ? [{ key: `${resource} ${kind}`, label: `${resource}, ${kind}`, values: column.values, color, dash }] : [];
    }),
  };
}

/** @param {Answer} answer @param {string} chosen */
function latency(answer, chosen) {
  /** @type {Map<string, [number, Line][]>} */
  const lines = new Map();
  for (const time of answer.columns.filter((one) => one.name === "system.disk.operation_time")) {
    const done = find(answer.columns, "system.disk.operations", time.labels);
    if (!done) continue;
    const values = time.values.map((value, row) => (typeof value === "number" && (done.values[row] ?? 0) > 0 ? value / Number(done.values[row]) : value === undefined ? undefined : typeof value === "number" ? 0 : null));
    const { device, direction } = time.labels;
    const found = lines.get(device) ?? [];
    found.push([weight(done), { key: `${device} ${direction}`, label: `${device} ${direction}`, values, color: "", dash: direction === "write" }]);
    lines.set(device, found);
  }
  const devices = [...lines.keys()].sort((a, b) => (lines.get(b) ?? []).reduce((sum, [one]) => sum + one, 0) - (lines.get(a) ?? []).reduce((sum, [one]) => sum + one, 0));
  const shown = chosen ? [chosen] : devices.slice(0, 3);
  return { lines: shown.flatMap((device, index) => (lines.get(device) ?? []).map(([, line]) => ({ ...line, color: CATEGORIES[index] }))), choices: devices };
}

/** @param {string} first @param {string} second */
function sensor(first, second) {
  return (/** @type {Answer} */ answer) => ({
    lines: answer.columns.slice().sort((a, b) => weight(b) - weight(a)).slice(0, MOST_LINES).map((one, index) => ({
      key: Object.values(one.labels).join(" "), label: [one.labels[first], one.labels[second]].filter(Boolean).join(" "), values: one.values, color: CATEGORIES[index],
    })),
  });
}

/** @param {Answer} answer */
function agent(answer) {
  const cpu = find(answer.columns, "agent.cpu.time");
  return { lines: cpu ? [{ key: "cpu", label: "of one core", values: cpu.values, color: "--c1", fill: true, ...reach(cpu) }] : [] };
}

const READ_WRITE = /** @type {[string, string, string][]} */ ([["read", "read", "+"], ["write", "write", "-"]]);
const IN_OUT = /** @type {[string, string, string][]} */ ([["receive", "in", "+"], ["transmit", "out", "-"]]);

/** @type {Record<string, Panel>} */
export const PANELS = {
  cpu: { names: ["system.cpu.time"], by: "mode", kind: "percent", stacked: true, draw: modes },
  load: {
    names: ["system.load_average.1m", "system.load_average.5m", "system.load_average.15m", "system.cpu.logical.count"],
    kind: "count",
    least: 1,
    draw: gauges([["system.load_average.1m", "1 min", "--c1"], ["system.load_average.5m", "5 min", "--c3"], ["system.load_average.15m", "15 min", "--c5"], ["system.cpu.logical.count", "cores", "--c8", true]]),
  },
  pressure: { names: ["system.pressure.time", "system.pressure.average"], kind: "percent", least: 0.05, draw: waits },
  memory: { names: ["system.memory.usage", "system.memory.limit"], kind: "bytes", stacked: true, draw: filled("system.memory.usage", "system.memory.limit", MEMORY) },
  swap: { names: ["system.paging.usage", "system.paging.limit"], kind: "bytes", stacked: true, draw: filled("system.paging.usage", "system.paging.limit", [["used", "--c4"]]) },
  paging: {
    names: ["system.paging.io"], kind: "byterate", mirrored: true, least: 1000,
    draw: (answer) => ({ lines: /** @type {[string, string, number][]} */ ([["in", "--c3", 1], ["out", "--c4", -1]]).flatMap(([direction, color, sign]) => {
      const column = find(answer.columns, "system.paging.io", { direction });
      return column ? [{ key: direction, label: direction, values: each(column.values, (value) => sign * value), color, fill: true }] : [];
    }) }),
  },
  disk: { names: ["system.disk.io"], kind: "byterate", mirrored: true, least: 1000, draw: twoWays("system.disk.io", READ_WRITE) },
  iops: { names: ["system.disk.operations"], kind: "persecond", mirrored: true, least: 1, draw: twoWays("system.disk.operations", READ_WRITE) },
  busy: { names: ["system.disk.io_time"], kind: "percent", least: 0.05, draw: byLabel("device") },
  latency: { names: ["system.disk.operation_time", "system.disk.operations"], kind: "seconds", least: 0.001, draw: latency },
  filesystems: { names: ["system.filesystem.utilization"], kind: "percent", draw: (answer) => ({ ...byLabel("mountpoint", [], 8)(answer), top: 1 }) },
  network: { names: ["system.network.io"], kind: "byterate", mirrored: true, least: 1000, draw: twoWays("system.network.io", IN_OUT) },
  packets: { names: ["system.network.packets"], kind: "persecond", mirrored: true, least: 1, draw: twoWays("system.network.packets", IN_OUT) },
  faults: {
    names: ["system.network.errors", "system.network.dropped"], by: "direction", kind: "persecond", least: 1,
    draw: (answer) => ({ lines: answer.columns.map((one, index) => ({ key: `${one.name} ${one.labels.direction}`, label: `${one.name.endsWith("errors") ? "errors" : "dropped"} ${one.labels.direction === "receive" ? "in" : "out"}`, values: one.values, color: CATEGORIES[index % 8] })) }),
  },
  connections: { names: ["system.network.connections"], by: "state", kind: "count", least: 4, draw: byLabel("state", TCP) },
  temperatures: { names: ["hw.temperature"], kind: "celsius", draw: sensor("chip", "sensor") },
  fans: { names: ["hw.fan.speed"], kind: "rpm", draw: sensor("chip", "sensor") },
  power: { names: ["hw.power", "hw.energy"], kind: "watts", draw: (answer) => ({ lines: answer.columns.map((one, index) => ({ key: Object.values(one.labels).join(" "), label: one.labels.zone || `${one.labels.chip} ${one.labels.sensor}`, values: one.values, color: CATEGORIES[index % 8] })) }) },
  processes: { names: ["system.processes.count"], kind: "count", least: 4, draw: byLabel("status", STATUSES) },
  busiest: { names: ["process.cpu.utilization"], kind: "percent", least: 0.05, draw: sensor("name", "") },
  largest: { names: ["process.memory.usage"], kind: "bytes", draw: sensor("name", "") },
  switches: { names: ["system.cpu.context_switches", "system.cpu.interrupts"], kind: "persecond", draw: gauges([["system.cpu.context_switches", "context switches", "--c1"], ["system.cpu.interrupts", "interrupts", "--c2"]]) },
  handles: { names: ["system.file_handles.used"], kind: "count", least: 100, draw: gauges([["system.file_handles.used", "open", "--c1"]]) },
  agent: { names: ["agent.cpu.time"], kind: "percent", least: 0.01, draw: agent },
};
