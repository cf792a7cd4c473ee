import { useState } from "react";

/** hue gives the same name the same colour. */
export function hue(name: string): number {
  let sum = 7;
  for (const sign of name) sum = (sum * 31 + (sign.codePointAt(0) ?? 0)) % 360;
  return sum;
}

/** firstSign is what stands on a tile or an avatar: the first letter or character. */
export const firstSign = (name: string): string => [...name.trim()][0]?.toUpperCase() ?? "·";

const tints = 6;

/** Picture shows a product, or a tile with its first character while it has no picture or the picture is away. */
export function Picture({ src, name, alt, eager = false }: { src: string | undefined; name: string; alt: string; eager?: boolean }) {
  const [broken, setBroken] = useState("");
  if (!src || broken === src) {
    return (
      <span className={`tile tint-${hue(name) % tints}`} role={alt ? "img" : undefined} aria-label={alt || undefined}>
        <span aria-hidden="true">{firstSign(name)}</span>
      </span>
    );
  }
  return <img className="picture" src={src} alt={alt} loading={eager ? "eager" : "lazy"} decoding="async" width="600" height="600" onError={() => setBroken(src)} />;
}

/** Avatar stands for a person. */
export function Avatar({ name, size = "m" }: { name: string; size?: "s" | "m" | "l" }) {
  return (
    <span className={`avatar avatar-${size} tint-${hue(name) % tints}`} aria-hidden="true">
      {firstSign(name)}
    </span>
  );
}
