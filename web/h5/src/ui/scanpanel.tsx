import qrcode from "qrcode-generator";
import { useMemo } from "react";
import { useScan } from "../api/scan";
import type { Schema } from "../api/client";
import { drawing, phoneLink, type ScanStage } from "../logic/scan";
import { useSay, type Key } from "../text/text";
import { Icon, type IconName } from "./icon";
import { Button } from "./parts";
import { Countdown, useNow } from "./time";

const words: Record<Exclude<ScanStage, "off">, { title: Key; text: Key; icon?: IconName }> = {
  starting: { title: "scan_starting", text: "scan_how" },
  waiting: { title: "scan_waiting", text: "scan_how" },
  scanned: { title: "scan_scanned", text: "scan_scanned_text", icon: "check" },
  entering: { title: "scan_entering", text: "scan_entering_text", icon: "check" },
  refused: { title: "scan_refused", text: "scan_refused_text", icon: "close" },
  expired: { title: "scan_expired", text: "scan_expired_text", icon: "clock" },
  failed: { title: "scan_failed", text: "scan_failed_text", icon: "cloud" },
};

/** ScanPanel signs in by a QR code that WeChat scans. It is not there where the shop has no official account. */
export function ScanPanel({ entered }: { entered: (account: Schema["Account"]) => void }) {
  const say = useSay();
  useNow(); // the code expires by the clock
  const { stage, content, expiresAt, again } = useScan(entered);
  if (stage === "off") return null;
  const { title, text, icon } = words[stage];
  const over = stage === "refused" || stage === "expired" || stage === "failed";
  const phone = stage === "waiting" || stage === "scanned" ? phoneLink(content) : "";
  return (
    <section className="panel scan" aria-label={say("scan_title")} data-stage={stage}>
      <h2>{say("scan_title")}</h2>
      <div className="scan-frame">
        {content && <Code content={content} label={say("scan_code")} dim={stage !== "waiting"} />}
        {stage === "starting" && !content && <span className="spinner" aria-hidden="true" />}
        {icon && <span className={`scan-mark ${over ? "over" : ""}`}><Icon name={icon} /></span>}
      </div>
      <div className="scan-state" role="status">
        <strong>{say(title)}</strong>
        <p className="soft">{say(text)}</p>
      </div>
      {(stage === "waiting" || stage === "scanned") && <p className="soft scan-left">{say("scan_left")} <Countdown until={expiresAt} short /></p>}
      {over && <Button look="line" onClick={again}>{say(stage === "failed" ? "retry" : "scan_again")}</Button>}
      {phone && <a className="scan-phone" href={phone} target="_blank" rel="noopener">{say("scan_simulator")}</a>}
    </section>
  );
}

const quiet = 4; // ISO/IEC 18004: four modules of white on each side

function Code({ content, label, dim }: { content: string; label: string; dim: boolean }) {
  const { size, path } = useMemo(() => {
    const code = qrcode(0, "M");
    code.addData(content);
    code.make();
    const size = code.getModuleCount();
    return { size, path: drawing({ size, dark: (row, column) => code.isDark(row, column) }) };
  }, [content]);
  return (
    <svg className={dim ? "scan-code dim" : "scan-code"} role="img" aria-label={label} viewBox={`${-quiet} ${-quiet} ${size + 2 * quiet} ${size + 2 * quiet}`} shapeRendering="crispEdges">
      <path className="scan-paper" d={`M${-quiet} ${-quiet}h${size + 2 * quiet}v${size + 2 * quiet}h${-size - 2 * quiet}z`} />
      <path d={path} />
    </svg>
  );
}
