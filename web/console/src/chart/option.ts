// Series is one line or set of bars; undefined values are gaps.
export interface Series {
  name: string;
  values: (number | undefined)[];
  kind: "line" | "bar";
  tone: Tone;
  stack?: string;
}

export type Tone = "accent" | "good" | "bad" | "warn" | "violet";

export interface ChartProps {
  label: string;
  days: string[];
  series: Series[];
  height?: number;
  // format writes a value for people; axis writes it in little room.
  format?: (value: number) => string;
  axis?: (value: number) => string;
  // most is where the axis ends; left out, it follows the values.
  most?: number;
}

const light: Record<Tone, string> = { accent: "#1d4ed8", good: "#15803d", bad: "#c81e1e", warn: "#b45309", violet: "#7c3aed" };
const dark: Record<Tone, string> = { accent: "#7cacff", good: "#5fd39b", bad: "#ff938b", warn: "#f0bb68", violet: "#b79cff" };

// alone says that a value has no neighbour: a line through it alone would not be seen.
function alone(values: Series["values"]): boolean {
  return values.some((value, n) => value !== undefined && values[n - 1] === undefined && values[n + 1] === undefined);
}

function lines({ series }: ChartProps, colours: Record<Tone, string>) {
  return series.map(({ name, values, kind, tone, stack }) => ({
    name,
    type: kind,
    stack,
    data: values.map((value) => value ?? "-"),
    color: colours[tone],
    ...(kind === "line"
      ? { smooth: 0.25, symbol: "circle", symbolSize: 5, showSymbol: alone(values), lineStyle: { width: 2 }, areaStyle: series.length === 1 ? { opacity: 0.12 } : undefined }
      : { barMaxWidth: 18, itemStyle: { borderRadius: stack ? 0 : [3, 3, 0, 0] } }),
  }));
}

// option is what echarts draws. The tooltip is painted, not written as HTML with inline styles, which our policy refuses.
export function option(props: ChartProps, isDark: boolean) {
  const ink = isDark ? "#9aa4b2" : "#5f6875";
  const line = isDark ? "#2a313c" : "#e9edf2";
  const { format = String, axis = format, days, series } = props;
  return {
    animation: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 300,
    grid: { left: 8, right: 12, top: series.length > 1 ? 34 : 14, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    legend: series.length > 1 ? { top: 0, right: 0, itemWidth: 12, itemHeight: 8, textStyle: { color: ink } } : undefined,
    tooltip: {
      trigger: "axis",
      renderMode: "richText",
      confine: true,
      backgroundColor: isDark ? "#1f252f" : "#ffffff",
      borderColor: line,
      textStyle: { color: isDark ? "#e8ecf2" : "#141a23", fontSize: 12 },
      valueFormatter: (value: unknown) => (typeof value === "number" ? format(value) : "–"),
    },
    xAxis: { type: "category", data: days.map((day) => day.slice(5)), axisTick: { show: false }, axisLine: { lineStyle: { color: line } }, axisLabel: { color: ink, hideOverlap: true } },
    yAxis: { type: "value", max: props.most, interval: props.most && props.most / 4, minInterval: 1, splitNumber: 4, axisLabel: { color: ink, formatter: axis }, splitLine: { lineStyle: { color: line } } },
    series: lines(props, isDark ? dark : light),
  };
}
