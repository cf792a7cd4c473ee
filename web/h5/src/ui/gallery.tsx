import { useRef, useState } from "react";
import { useSay } from "../text/text";
import { Picture } from "./picture";

/** Gallery shows a product's pictures, one beside the other; it is scrolled by finger, wheel or keys. */
export function Gallery({ pictures, name }: { pictures: readonly string[]; name: string }) {
  const say = useSay();
  const [at, setAt] = useState(0);
  const strip = useRef<HTMLUListElement>(null);
  const all = Math.max(1, pictures.length);
  return (
    <div className="gallery">
      <ul
        ref={strip}
        tabIndex={all > 1 ? 0 : undefined}
        aria-label={name}
        onScroll={(event) => setAt(Math.round(event.currentTarget.scrollLeft / event.currentTarget.clientWidth))}
      >
        {(pictures.length > 0 ? pictures : [undefined]).map((src, n) => (
          <li key={n}>
            <Picture src={src} name={name} alt={say("picture_of", { name, n: n + 1, all })} eager={n === 0} />
          </li>
        ))}
      </ul>
      {all > 1 && <span className="gallery-at" aria-hidden="true">{at + 1}/{all}</span>}
    </div>
  );
}
