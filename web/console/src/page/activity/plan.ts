import type { Engine } from "../../api/client";
import { percent, yuan } from "../../format/money";
import type { Speaker } from "../../text/language";

// planText says a plan in a few words: "reduce by ¥20.00".
export function planText(plan: Engine["Plan"], t: Speaker["t"]): string {
  switch (plan.kind) {
    case "reduce":
      return t("plan.reduce.text", { off: yuan(plan.off_fen ?? 0) });
    case "threshold":
      return t("plan.threshold.text", { from: yuan(plan.from_fen ?? 0), off: yuan(plan.off_fen ?? 0) });
    case "percent":
      return t("plan.percent.text", { share: percent(plan.share_bp ?? 0), fold: String((plan.share_bp ?? 0) / 1000) });
    case "fixed":
      return t("plan.fixed.text", { price: yuan(plan.price_fen ?? 0) });
  }
}
