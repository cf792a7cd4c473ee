import type { ReactNode } from "react";
import { When } from "./value";

export interface Step {
  at: string;
  title: ReactNode;
  about?: ReactNode;
  tone?: "good" | "bad" | "warn" | "event";
}

// Track is what happened, in order.
export function Track({ steps }: { steps: Step[] }) {
  return (
    <ol className="track">
      {steps.map((step, n) => (
        <li key={n} className={step.tone ? `track-${step.tone}` : undefined}>
          <div className="track-title">{step.title}</div>
          {step.about && <div className="track-about">{step.about}</div>}
          <When at={step.at} exact />
        </li>
      ))}
    </ol>
  );
}
