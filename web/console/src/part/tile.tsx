import type { ReactNode } from "react";

export function Tiles({ children }: { children: ReactNode }) {
  return <dl className="tiles">{children}</dl>;
}

// Tile is one figure with its name.
export function Tile({ name, value, about, tone }: { name: ReactNode; value: ReactNode; about?: ReactNode; tone?: "good" | "bad" | "warn" }) {
  return (
    <div className={tone ? `tile tile-${tone}` : "tile"}>
      <dt>{name}</dt>
      <dd>
        <strong>{value}</strong>
        {about !== undefined && <small>{about}</small>}
      </dd>
    </div>
  );
}
