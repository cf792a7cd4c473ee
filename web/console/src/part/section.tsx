import type { ReactNode } from "react";

// Section is a titled card of a page.
export function Section({ title, extra, children, flush }: { title?: ReactNode; extra?: ReactNode; children: ReactNode; flush?: boolean }) {
  return (
    <section className={flush ? "card card-flush" : "card"}>
      {(title || extra) && (
        <div className="card-head">
          {title && <h2>{title}</h2>}
          {extra && <div className="card-extra">{extra}</div>}
        </div>
      )}
      {children}
    </section>
  );
}

export type Pair = [label: ReactNode, value: ReactNode] | null | false;

// Pairs lists facts: what it is, and its value.
export function Pairs({ items }: { items: Pair[] }) {
  return (
    <dl className="pairs">
      {items.filter((item) => item !== null && item !== false).map(([label, value], n) => (
        <div key={n}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
