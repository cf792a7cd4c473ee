import { CheckOutlined, CopyOutlined } from "@ant-design/icons";
import { useState } from "react";
import { Link } from "react-router";
import { useSpeaker } from "../text/language";

// shorten keeps an id's prefix and its end, which differ between neighbours: team_01JD…7QX2.
export function shorten(id: string): string {
  return id.length <= 22 ? id : `${id.slice(0, 9)}…${id.slice(-6)}`;
}

// Ident shows an id, whole when asked, as a link when there is a page for it, with a button that copies it.
export function Ident({ id, to, whole }: { id: string; to?: string; whole?: boolean }) {
  const { t } = useSpeaker();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(id);
    setCopied(true);
    window.setTimeout(() => setCopied(false), 1500);
  };
  const text = whole ? id : shorten(id);
  return (
    <span className="ident" title={id}>
      {to ? <Link to={to}>{text}</Link> : <span>{text}</span>}
      <button type="button" aria-label={t(copied ? "ident.copied" : "ident.copy", { id })} onClick={() => void copy()}>
        {copied ? <CheckOutlined aria-hidden /> : <CopyOutlined aria-hidden />}
      </button>
    </span>
  );
}
