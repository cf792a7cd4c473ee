import { yuan } from "../format/money";
import { minute, moment } from "../format/time";
import { useSpeaker } from "../text/language";

// Money shows an amount of fen.
export function Money({ fen, strike }: { fen: number | undefined; strike?: boolean }) {
  if (fen === undefined) return <Nothing />;
  return strike ? <s className="money money-old">{yuan(fen)}</s> : <span className="money">{yuan(fen)}</span>;
}

// When shows an instant by the reader's clock; hovering tells the second and UTC.
export function When({ at, exact }: { at: string | undefined; exact?: boolean }) {
  if (!at) return <Nothing />;
  return (
    <time className="when" dateTime={at} title={`${moment(at)}\n${at}`}>
      {exact ? moment(at) : minute(at)}
    </time>
  );
}

// Ago says how long ago an instant was.
export function Ago({ at }: { at: string | undefined }) {
  const { t, length } = useSpeaker();
  if (!at) return <Nothing />;
  const past = Math.max(0, Date.now() - Date.parse(at));
  return (
    <time className="when" dateTime={at} title={moment(at)}>
      {t("time.ago", { span: length(past) })}
    </time>
  );
}

export function Nothing() {
  const { t } = useSpeaker();
  return (
    <span className="nothing" title={t("value.none")}>
      –
    </span>
  );
}
