import { useQuery } from "@tanstack/react-query";
import { Button, Drawer, Skeleton } from "antd";
import { engine, take, type Engine } from "../../api/client";
import { Ident } from "../../part/ident";
import { ProblemView } from "../../part/problem";
import { Pairs } from "../../part/section";
import { State } from "../../part/state";
import { When } from "../../part/value";
import { useMay } from "../../session/session";
import { useSpeaker } from "../../text/language";
import { useReplay } from "./deliveries";

function Attempt({ attempt }: { attempt: Engine["Attempt"] }) {
  const { t, length } = useSpeaker();
  const ok = attempt.status_code !== undefined && attempt.status_code < 300;
  return (
    <li className={ok ? "track-good" : "track-bad"}>
      <div className="track-title">
        {t("attempt.title", { n: attempt.number })} · {attempt.status_code ?? t("attempt.noanswer")} · {length(attempt.took_ms)}
      </div>
      {attempt.error && <div className="track-about">{attempt.error}</div>}
      {attempt.snippet && <pre className="body" tabIndex={0} aria-label={t("attempt.answer")}>{attempt.snippet}</pre>}
      <When at={attempt.at} exact />
    </li>
  );
}

// DeliveryDrawer is one delivery with every attempt and what the endpoint answered.
export function DeliveryDrawer({ partner, id, close }: { partner: string; id: string; close: () => void }) {
  const { t, term } = useSpeaker();
  const may = useMay("operator");
  const replay = useReplay(partner);
  const file = useQuery({
    queryKey: ["delivery", partner, id],
    queryFn: () => take(engine.GET("/api/groupbuy/admin/v1/partners/{partner_id}/deliveries/{delivery_id}", { params: { path: { partner_id: partner, delivery_id: id } } })),
    refetchInterval: ({ state }) => (state.data?.delivery.status === "pending" ? 1_000 : false),
  });
  const delivery = file.data?.delivery;
  const extra = may && delivery && delivery.status !== "pending" && <Button type="primary" loading={replay.isPending} onClick={() => replay.mutate(id)}>{t("delivery.replay")}</Button>;
  return (
    <Drawer open onClose={close} size={620} title={delivery ? term("event", delivery.event_type) : t("delivery.title")} extra={extra}>
      {file.isError && <ProblemView error={file.error} retry={() => void file.refetch()} />}
      {file.isPending && <Skeleton active title={false} />}
      {file.data && delivery && (
        <>
          <Pairs
            items={[
              [t("delivery.state"), <State of="deliveryState" value={delivery.status} />],
              [t("delivery.event"), <code>{delivery.event_type}</code>],
              [t("delivery.id"), <Ident id={delivery.delivery_id} />],
              [t("delivery.eventid"), <Ident id={delivery.event_id} />],
              [t("endpoint.id"), <Ident id={delivery.endpoint_id} />],
              [t("partner.created"), <When at={delivery.created_at} exact />],
              delivery.next_at !== undefined && [t("delivery.nexttry"), <When at={delivery.next_at} exact />],
              delivery.last_error !== undefined && [t("refund.error"), delivery.last_error],
            ]}
          />
          <h3 className="wizard-title">{t("delivery.attempts")}</h3>
          {file.data.attempts.length === 0 ? <p className="muted">{t("attempt.none")}</p> : <ol className="track">{file.data.attempts.toReversed().map((attempt) => <Attempt key={`${attempt.number} ${attempt.at}`} attempt={attempt} />)}</ol>}
        </>
      )}
    </Drawer>
  );
}
