// Draws every [data-chart] of a page with ECharts in the colours of the theme. The figures come as JSON (json_script);
// the table under the chart shows the same figures, so the drawing itself is hidden from nobody.
const drawn = new Map();
const lang = document.documentElement.lang || "en";
const locale = lang === "en" ? "en-GB" : lang;

const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
probe.canvas.width = probe.canvas.height = 1;

/** A CSS colour (also oklch and color-mix) as rgba(), which a canvas library understands. */
function colour(name, alpha = 1) {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim() || name;
  probe.clearRect(0, 0, 1, 1);
  probe.fillStyle = value;
  probe.fillRect(0, 0, 1, 1);
  const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
  return `rgba(${r}, ${g}, ${b}, ${alpha})`;
}

/** A function that writes a value of the series as people read it. */
function writer(config, series = {}, short = false) {
  const format = series.format ?? config.format ?? "number";
  const compact = short ? { notation: "compact", maximumFractionDigits: 1, useGrouping: "always" } : {};
  if (format === "money") {
    const style = { style: "currency", currency: config.currency, ...compact };
    const digits = new Intl.NumberFormat(locale, { style: "currency", currency: config.currency }).resolvedOptions().maximumFractionDigits;
    const money = new Intl.NumberFormat(locale, short ? { ...style, minimumFractionDigits: 0 } : style);
    return (value) => (value == null ? "–" : money.format(value / 10 ** digits));
  }
  const options = format === "percent" ? { style: "percent", maximumFractionDigits: short ? 0 : 1 } : { maximumFractionDigits: 2, ...compact };
  const number = new Intl.NumberFormat(locale, options);
  return (value) => (value == null ? "–" : number.format(value));
}

const TONES = ["--color-primary", "--color-secondary", "--color-accent", "--color-info", "--color-success", "--color-error"];
const toneOf = (series, at) => (series.tone ? `--color-${series.tone}` : TONES[at % TONES.length]);

/** The tip as DOM nodes: HTML text with style attributes would break the content security policy. */
function tip(config, points) {
  const box = document.createElement("div");
  const title = box.appendChild(document.createElement("div"));
  title.className = "chart-tip-title";
  title.textContent = points[0]?.axisValueLabel ?? points[0]?.name ?? "";
  for (const point of points) {
    const series = config.series[point.seriesIndex];
    if (!series) continue;
    const row = box.appendChild(document.createElement("div"));
    row.className = "chart-tip-row";
    const dot = row.appendChild(document.createElement("span"));
    dot.className = "chart-tip-dot";
    dot.style.background = point.color;
    row.append(series.name);
    const value = row.appendChild(document.createElement("b"));
    value.textContent = writer(config, series)(Array.isArray(point.value) ? point.value.at(-1) : point.value);
  }
  return box;
}

/** Lines that the legend takes in `width` pixels: what it wraps into must not lie on the drawing. */
function legendLines(config, width) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  let lines = 1, left = 0;
  for (const { name } of config.series) {
    const wide = pen.measureText(name).width + 33; // mark, its gap, the gap to the next
    if (left && left + wide > width) [lines, left] = [lines + 1, 0];
    left += wide;
  }
  return lines;
}

function option(config, width) {
  const ink = colour("--color-base-content", 0.66);
  const line = colour("--color-base-content", 0.1);
  const horizontal = config.horizontal === true;
  const series = config.series.map((one, at) => {
    const tone = toneOf(one, at);
    const kind = one.type ?? config.type ?? "line";
    const base = { name: one.name, data: one.data, stack: one.stack, color: colour(tone), yAxisIndex: one.right ? 1 : 0 };
    if (kind === "bar") {
      const top = !one.stack || config.series.findLastIndex((other) => other.stack === one.stack) === at;
      return { ...base, type: "bar", barMaxWidth: 28, barCategoryGap: "32%", itemStyle: { borderRadius: top ? (horizontal ? [0, 4, 4, 0] : [4, 4, 0, 0]) : 0 } };
    }
    return {
      ...base, type: "line", smooth: 0.25, symbol: "circle", symbolSize: 7, showSymbol: config.x.length < 2, connectNulls: false,
      lineStyle: { width: 2.25, type: one.dashed ? [5, 5] : "solid" },
      areaStyle: kind === "area" ? { color: colour(tone, one.stack ? 0.55 : 0.12) } : undefined,
    };
  });
  const category = { type: "category", data: config.x, boundaryGap: series.some((one) => one.type === "bar"), axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, axisLabel: { color: ink, hideOverlap: true, margin: 12 } };
  const scale = (one) => ({ type: "value", axisLabel: { color: ink, formatter: writer(config, one, true) }, splitLine: { lineStyle: { color: line } }, splitNumber: 4, max: config.max, min: config.min });
  const right = config.series.find((one) => one.right);
  const values = right ? [scale(config.series[0]), { ...scale(right), splitLine: { show: false } }] : scale(config.series[0] ?? {});
  const base = {
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, fontSize: 12 },
    animationDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 450,
    grid: { left: 4, right: 8, top: config.series.length > 1 ? 18 + 22 * legendLines(config, width) : 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: { show: config.series.length > 1, left: 0, top: 0, icon: "roundRect", itemWidth: 10, itemHeight: 10, itemGap: 18, textStyle: { color: ink } },
    tooltip: {
      trigger: "axis", className: "chart-tip", appendTo: "body", confine: false, borderWidth: 0, padding: 0, backgroundColor: "transparent", extraCssText: "", textStyle: { fontSize: 12 },
      axisPointer: { type: series.some((one) => one.type === "bar") ? "shadow" : "line", lineStyle: { color: ink, type: "solid", width: 1 }, shadowStyle: { color: colour("--color-base-content", 0.05) } },
      formatter: (points) => tip(config, [points].flat()),
    },
    xAxis: horizontal ? values : category,
    yAxis: horizontal ? { ...category, inverse: true } : values,
    series,
  };
  if (config.mark && series[0]) {
    series[0].markLine = { silent: true, symbol: "none", lineStyle: { color: ink, type: [4, 4] }, label: { color: ink, formatter: config.mark.label, position: "insideEndTop" }, data: [{ xAxis: config.mark.x }] };
  }
  return { ...base, ...(config.option ?? {}) };
}

const narrow = new ResizeObserver((entries) => {
  for (const entry of entries) {
    const { chart, config } = drawn.get(entry.target) ?? {};
    chart?.resize();
    chart?.setOption({ grid: option(config, entry.contentRect.width).grid });
  }
});

async function draw(root = document) {
  const places = [...root.querySelectorAll("[data-chart]")].filter((place) => !drawn.has(place));
  if (!places.length) return;
  const echarts = await import("../vendor/echarts.esm.min.js");
  for (const [place, { chart }] of drawn) {
    if (place.isConnected) continue;
    chart.dispose();
    drawn.delete(place);
  }
  for (const place of places) {
    if (drawn.has(place)) continue;
    const config = JSON.parse(document.getElementById(place.dataset.chart).textContent);
    const chart = echarts.init(place, null, { renderer: "canvas" });
    drawn.set(place, { chart, config });
    chart.setOption(option(config, place.clientWidth));
    narrow.observe(place);
  }
}

const repaint = () => drawn.forEach(({ chart, config }) => chart.setOption(option(config, chart.getWidth()), true));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
document.addEventListener("htmx:after:swap", () => draw());
document.fonts.ready.then(() => draw());
