// Amounts are integers of fen, 0.01 CNY, and stay so until they are printed.

/** yuan prints an amount with two decimals: 7900 is "79.00". */
export function yuan(fen: number): string {
  const sign = fen < 0 ? "-" : "";
  const digits = String(Math.abs(Math.trunc(fen))).padStart(3, "0");
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** priceParts splits an amount for a price tag: whole yuan, and the decimals where there are any. */
export function priceParts(fen: number): { whole: string; decimals: string } {
  const [whole = "0", decimals = "00"] = yuan(fen).split(".");
  return { whole, decimals: decimals === "00" ? "" : `.${decimals.replace(/0$/, "")}` };
}

/** short prints an amount without empty decimals: 7900 is "79", 2990 is "29.9". */
export function short(fen: number): string {
  const { whole, decimals } = priceParts(fen);
  return whole + decimals;
}
