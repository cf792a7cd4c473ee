import { BarChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type EChartsType } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";
import { useLook } from "../style/mode";
import { option, type ChartProps } from "./option";

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

// Chart draws series over days. What it shows is also there as a table, for those who do not see it.
export default function Chart(props: ChartProps) {
  const { label, height = 240, days, series, format = String } = props;
  const { isDark } = useLook();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);
  useEffect(() => {
    const drawn = init(box.current);
    chart.current = drawn;
    const watch = new ResizeObserver(() => drawn.resize());
    watch.observe(box.current!);
    return () => {
      watch.disconnect();
      drawn.dispose();
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(option(props, isDark), { notMerge: true });
  }, [props, isDark]);
  return (
    <figure className="chart">
      <div ref={box} style={{ height }} role="img" aria-label={label} />
      <table className="unseen">
        <caption>{label}</caption>
        <thead>
          <tr><td />{series.map((one) => <th key={one.name} scope="col">{one.name}</th>)}</tr>
        </thead>
        <tbody>
          {days.map((day, n) => (
            <tr key={day}>
              <th scope="row">{day}</th>
              {series.map((one) => <td key={one.name}>{one.values[n] === undefined ? "–" : format(one.values[n])}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
