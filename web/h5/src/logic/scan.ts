import type { Schema } from "../api/client";

/** ScanStage is what a buyer sees of signing in by a QR code. */
export type ScanStage = "starting" | "waiting" | "scanned" | "entering" | "refused" | "expired" | "failed" | "off";

/** What is known about an attempt. */
export interface ScanFacts {
  status?: Schema["ScanStatus"]; // none: the code was not made yet
  over?: boolean; // its time has run out by the server's clock
  code?: string; // of the refusal that the last call met
  unreached?: boolean; // the last call got no answer
}

/** stageOf says what to show. An attempt that another tab replaced, or used, is as good as expired. */
export function stageOf({ status, over = false, code = "", unreached = false }: ScanFacts): ScanStage {
  if (code === "scan_off") return "off";
  if (code === "scan_not_found" || code === "scan_ended") return "expired";
  if (code || unreached) return "failed";
  switch (status) {
    case undefined:
      return "starting";
    case "refused":
      return "refused";
    case "used":
    case "expired":
      return "expired";
    case "confirmed":
      return "entering";
    default:
      return over ? "expired" : status;
  }
}

/** stageIsOpen says whether the server may still tell something new about an attempt. */
export const stageIsOpen = (stage: ScanStage): boolean => stage === "waiting" || stage === "scanned" || stage === "entering";

const simulator = "/sandbox/wechat/q/";

/** phoneLink returns the page that plays the phone, when the code is one of the simulator; a real code leads to none. */
export function phoneLink(content: string): string {
  try {
    const { protocol, pathname, href } = new URL(content);
    return protocol.startsWith("http") && pathname.startsWith(simulator) ? href : "";
  } catch {
    return "";
  }
}

/** Modules is a QR code: black or white at each row and column. */
export interface Modules {
  size: number;
  dark: (row: number, column: number) => boolean;
}

/** drawing returns a code as the path of an SVG with a unit for each module, one rectangle for each run of black. */
export function drawing({ size, dark }: Modules): string {
  let path = "";
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      let run = 0;
      while (column + run < size && dark(row, column + run)) run++;
      if (run === 0) continue;
      path += `M${column} ${row}h${run}v1h${-run}z`;
      column += run;
    }
  }
  return path;
}
