// Curves, drawn by uPlot: the spectrum that grows, and a result's measured, fitted and left.
// Next: vendor/uPlot.esm.js, which is not ours.
import uPlot from "./vendor/uPlot.esm.js";
import { el } from "./dom.js";
import { t } from "./words.js";

// Told apart by dash as well as by colour.
const DASHES = [[], [10, 5], [3, 4], [12, 4, 3, 4], [6, 3], [2, 2], [16, 6], [8, 3, 2, 3]];

const colour = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();

// counted: the numbers are an analyzer's counts; of a file the unit is not known.
function axes(labels, counted) {
  const common = { stroke: colour("--ink"), grid: { stroke: colour("--rule"), width: 1 }, ticks: { show: false }, font: "14px system-ui, sans-serif", labelFont: "14px system-ui, sans-serif" };
  return [
    { ...common, label: labels ? t("axis.shift") : undefined, labelSize: 22, size: 30 },
    { ...common, label: t(counted ? "axis.counts" : "axis.intensity"), labelSize: 20, size: 52, values: (_, ticks) => ticks.map((tick) => Math.abs(tick) >= 1e5 ? tick.toExponential(0) : String(tick)) },
  ];
}

function sized(place, plot, height) {
  const watch = new ResizeObserver(() => {
    const width = Math.floor(place.clientWidth);
    if (width > 0 && width !== plot.width) plot.setSize({ width, height });
  });
  watch.observe(place);
  return watch;
}

function base(place, height, extra) {
  return {
    width: Math.max(200, Math.floor(place.clientWidth)), height,
    legend: { show: false }, cursor: { show: false }, select: { show: false },
    scales: { x: { time: false } }, padding: [10, 12, 0, 0], ...extra,
  };
}

export function liveCurve(place) {
  const height = Math.max(160, Math.min(320, Math.floor(innerHeight * 0.3)));
  const plot = new uPlot(base(place, height, {
    axes: axes(true, true), series: [{}, { stroke: colour("--ink"), width: 2 }],
  }), [[0, 1], [null, null]], place);
  const watch = sized(place, plot, height);
  return {
    show(spectrum) {
      if (spectrum?.shift) plot.setData([spectrum.shift, spectrum.measured]);
    },
    destroy() {
      watch.disconnect();
      plot.destroy();
    },
  };
}

// Draws into `place` and returns what ends it. The part that nothing named explains is filled.
export function overlay(place, curves, counted) {
  const lines = [{ key: "curve.measured", values: curves.measured, stroke: colour("--ink"), width: 2, dash: [] }];
  if (curves.fitted) lines.push({ key: "curve.fitted", values: curves.fitted, stroke: colour("--fit"), width: 2, dash: [] });
  Object.entries(curves.parts ?? {}).forEach(([name, values], index) => {
    lines.push({ name, values, stroke: colour(`--part-${index % 6}`), width: 2, dash: DASHES[(index + 1) % DASHES.length] });
  });
  const top = el("div", { class: "plot", role: "img", "aria-label": t("curve.label") });
  const legend = el("ul", { class: "legend" }, lines.map((line) => {
    const sample = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    sample.setAttribute("viewBox", "0 0 40 8");
    sample.setAttribute("aria-hidden", "true");
    const stroke = document.createElementNS("http://www.w3.org/2000/svg", "path");
    stroke.setAttribute("d", "M0 4h40");
    stroke.setAttribute("stroke", line.stroke);
    stroke.setAttribute("stroke-width", "4");
    stroke.setAttribute("stroke-dasharray", line.dash.join(" "));
    sample.append(stroke);
    return el("li", {}, sample, line.name ?? t(line.key));
  }));
  place.append(legend, top);
  const plots = [];
  const height = Math.max(220, Math.min(380, Math.floor(innerHeight * 0.42)));
  const plot = new uPlot(base(top, height, {
    axes: axes(!curves.residual, counted),
    series: [{}, ...lines.map(({ stroke, width, dash }) => ({ stroke, width, dash }))],
  }), [curves.shift, ...lines.map((line) => line.values)], top);
  plots.push([plot, sized(top, plot, height)]);
  if (curves.residual) {
    const below = el("div", { class: "plot", role: "img", "aria-label": t("curve.residual_label") });
    place.append(el("h3", {}, t("curve.residual")), below);
    const known = curves.measured.filter((value) => value !== null);
    const span = Math.max(...known) - Math.min(...known);
    const most = Math.max(...curves.residual.map((value) => Math.abs(value ?? 0)), 0.1 * span);
    const rest = new uPlot(base(below, 150, {
      axes: axes(true, counted), scales: { x: { time: false }, y: { range: [-1.1 * most, 1.1 * most] } },
      series: [{}, { stroke: colour("--rest"), width: 2, fill: colour("--rest-fill") }],
    }), [curves.shift, curves.residual], below);
    plots.push([rest, sized(below, rest, 150)]);
  }
  return () => plots.forEach(([one, watch]) => {
    watch.disconnect();
    one.destroy();
  });
}
