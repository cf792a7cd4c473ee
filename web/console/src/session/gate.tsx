import type { ReactNode } from "react";
import { Tools } from "../shell/account";
import mark from "../style/mark.svg";

// Gate is the page of those who are not signed in.
export function Gate({ title, about, children }: { title: string; about: string; children: ReactNode }) {
  return (
    <div className="gate">
      <div className="gate-tools">
        <Tools />
      </div>
      <main className="gate-card">
        <img src={mark} alt="" width={44} height={44} />
        <h1>{title}</h1>
        <p className="muted">{about}</p>
        {children}
      </main>
    </div>
  );
}
