// Amounts are whole fen everywhere; yuan exist only in what people read and type.

// yuan writes fen as people read them: ¥1,234.50.
export function yuan(fen: number): string {
  const sign = fen < 0 ? "-" : "";
  const whole = Math.trunc(Math.abs(fen) / 100);
  const rest = String(Math.abs(fen) % 100).padStart(2, "0");
  return `${sign}¥${whole.toLocaleString("en-US")}.${rest}`;
}

// yuanShort writes large amounts for the axis of a chart: ¥12.3k, ¥4.5M.
export function yuanShort(fen: number): string {
  const amount = fen / 100;
  const size = Math.abs(amount);
  if (size >= 1e6) return `¥${trim(amount / 1e6)}M`;
  if (size >= 1e4) return `¥${trim(amount / 1e3)}k`;
  return `¥${trim(amount)}`;
}

function trim(value: number): string {
  return String(Math.round(value * 10) / 10);
}

// yuanInput writes fen as people type them, without a sign or separators: 79.9 becomes "79.90".
export function yuanInput(fen: number | undefined): string {
  if (fen === undefined) return "";
  return `${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;
}

// parseYuan reads what people type, such as "79.9", "1,200" or "¥5"; undefined when it is no amount of whole fen.
export function parseYuan(text: string): number | undefined {
  const plain = text.replace(/[¥￥,，\s]/g, "");
  const match = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(plain);
  if (!match) return undefined;
  return Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
}

// percent writes basis points: 8250 is 82.5%.
export function percent(bp: number): string {
  return `${trim(bp / 100)}%`;
}
