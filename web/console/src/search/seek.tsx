import { SearchOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Modal } from "antd";
import { useEffect, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { places } from "../shell/nav";
import { useSpeaker } from "../text/language";
import { find, guess, type Hit } from "./find";

const pause = 200; // milliseconds without a key before the server is asked

function useSettled(text: string): string {
  const [settled, settle] = useState(text);
  useEffect(() => {
    const timer = window.setTimeout(() => settle(text), pause);
    return () => window.clearTimeout(timer);
  }, [text]);
  return settled;
}

// usePlaces are the pages of the console whose name has the text in it; all of them for no text.
function usePlaces(text: string): Hit[] {
  const { t } = useSpeaker();
  return useMemo(() => {
    const wanted = text.toLowerCase();
    const all = places.flatMap(({ items }) => items).map((place): Hit => ({ to: place.to, kind: "seek.page", text: t(place.name) }));
    return all.filter((hit) => hit.text.toLowerCase().includes(wanted));
  }, [text, t]);
}

// Seek finds anything by its id, and pages by their name, with the keyboard alone.
export default function Seek({ close }: { close: () => void }) {
  const { t } = useSpeaker();
  const go = useNavigate();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const typed = text.trim();
  const settled = useSettled(typed);
  const found = useQuery({ queryKey: ["seek", settled], enabled: settled.length >= 2, queryFn: () => find(settled), staleTime: 30_000 });
  const pages = usePlaces(typed);
  const hits = [...(settled === typed ? (found.data ?? guess(typed)) : guess(typed)), ...pages].slice(0, 12);
  const chosen = Math.min(at, Math.max(0, hits.length - 1));
  const open = (hit: Hit | undefined) => {
    if (!hit) return;
    close();
    void go(hit.to);
  };
  const keys: Record<string, () => void> = {
    ArrowDown: () => setAt(Math.min(chosen + 1, hits.length - 1)),
    ArrowUp: () => setAt(Math.max(chosen - 1, 0)),
    Enter: () => open(hits[chosen]),
  };
  return (
    <Modal open onCancel={close} footer={null} closable={false} width={620} className="seek" title={<span className="unseen">{t("seek.open")}</span>}>
      <div className="seek-field">
        <SearchOutlined aria-hidden />
        <input
          autoFocus
          role="combobox"
          aria-expanded={hits.length > 0}
          aria-controls="seek-hits"
          aria-activedescendant={hits[chosen] ? `seek-${chosen}` : undefined}
          aria-label={t("seek.open")}
          placeholder={t("seek.hint")}
          value={text}
          onChange={(event) => { setText(event.target.value); setAt(0); }}
          onKeyDown={(event) => { const act = keys[event.key]; if (act) { event.preventDefault(); act(); } }}
        />
      </div>
      <ul id="seek-hits" role="listbox" aria-label={t("seek.results")} className="seek-hits">
        {hits.map((hit, n) => (
          <li key={hit.to + hit.kind} id={`seek-${n}`} role="option" aria-selected={n === chosen} onMouseEnter={() => setAt(n)} onClick={() => open(hit)}>
            <span>{hit.text}</span> <small>{t(hit.kind)}</small>
          </li>
        ))}
      </ul>
      {hits.length === 0 && <p className="muted seek-none">{t(found.isFetching ? "seek.busy" : "seek.none")}</p>}
    </Modal>
  );
}
