import type { Engine } from "../api/client";

export type Figures = Engine["ActivityFigures"];

// Sum is what all activities together come to, over a day or all days.
export interface Sum {
  gmv_fen: number;
  teams_opened: number;
  teams_formed: number;
  teams_failed: number;
  seats_paid: number;
  seats_refunded: number;
  new_buyers: number;
  // The median of the rows' medians, weighted by how many teams formed: a median of medians is an estimate.
  fill_ms?: number;
}

// sum adds rows up.
export function sum(rows: readonly Figures[]): Sum {
  const total: Sum = { gmv_fen: 0, teams_opened: 0, teams_formed: 0, teams_failed: 0, seats_paid: 0, seats_refunded: 0, new_buyers: 0 };
  for (const row of rows) {
    total.gmv_fen += row.gmv_fen;
    total.teams_opened += row.teams_opened;
    total.teams_formed += row.teams_formed;
    total.teams_failed += row.teams_failed;
    total.seats_paid += row.seats_paid;
    total.seats_refunded += row.seats_refunded;
    total.new_buyers += row.new_buyers;
  }
  total.fill_ms = weightedMedian(rows.map((row) => [row.median_fill_ms, row.teams_formed]));
  return total;
}

function weightedMedian(values: [number | undefined, number][]): number | undefined {
  const known = values.filter((pair): pair is [number, number] => pair[0] !== undefined && pair[1] > 0).sort((a, b) => a[0] - b[0]);
  const half = known.reduce((weight, pair) => weight + pair[1], 0) / 2;
  let passed = 0;
  for (const [value, weight] of known) {
    passed += weight;
    if (passed >= half) return value;
  }
  return undefined;
}

// ratio is a share in percent with one decimal; undefined when nothing is there to share.
export function ratio(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : Math.round((part / whole) * 1000) / 10;
}

// formedRate is how many of the teams that ended have formed, as people read it.
export function formedRate({ teams_formed, teams_failed }: Pick<Sum, "teams_formed" | "teams_failed">): string {
  const rate = ratio(teams_formed, teams_formed + teams_failed);
  return rate === undefined ? "–" : `${rate}%`;
}

// byDay sums the rows of each of the days; days without rows are zero.
export function byDay(rows: readonly Figures[], days: readonly string[]): Sum[] {
  return days.map((day) => sum(rows.filter((row) => row.day === day)));
}
