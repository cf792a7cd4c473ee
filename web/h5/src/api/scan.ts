import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { stageIsOpen, stageOf, type ScanStage } from "../logic/scan";
import { serverTime } from "../logic/servertime";
import { api, codeOf, Refused, unwrap, type Schema } from "./client";
import { pace, useLive } from "./live";
import { timed, useEntered } from "./queries";

/** An attempt to sign in by a QR code, as the page shows it. */
export interface ScanView {
  stage: ScanStage;
  content: string; // of the QR code; empty before there is one
  expiresAt: string;
  again: () => void; // with a new code, or once more where the last call failed
}

/** useScan shows a code and follows it until the buyer is in; then it calls entered, once. */
export function useScan(entered: (account: Schema["Account"]) => void): ScanView {
  const client = useQueryClient();
  const live = useRef(false);
  const welcome = useEntered();
  const start = useMutation({ mutationFn: () => timed(() => unwrap(api.POST("/api/mall/v1/scans"))) });
  const id = start.data?.scan_id ?? "";
  const path = { scan_id: id };
  const follow = useQuery({
    queryKey: ["scan", id],
    enabled: id !== "",
    refetchInterval: (query) => (stageIsOpen(stageOf(factsOf(query.state.data ?? start.data, query.state.error))) ? pace(live) : false),
    queryFn: () => timed(() => unwrap(api.GET("/api/mall/v1/scans/{scan_id}", { params: { path } }))),
  });
  const enter = useMutation({
    mutationFn: () => unwrap(api.POST("/api/mall/v1/scans/{scan_id}/session", { params: { path } })),
    onSuccess: (session) => {
      welcome(session);
      entered(session.account);
    },
  });
  const scan = follow.data ?? start.data;
  const stage = stageOf(factsOf(scan, enter.error ?? start.error ?? (lastingOf(follow.error) ? follow.error : null)));
  useLive(id && stageIsOpen(stage) ? `/api/mall/v1/scans/${encodeURIComponent(id)}/events` : "", live, () => void client.invalidateQueries({ queryKey: ["scan", id] }));

  const begin = start.mutate;
  useEffect(() => begin(), [begin]);
  const go = enter.mutate;
  const confirmed = scan?.status === "confirmed";
  useEffect(() => {
    if (confirmed) go();
  }, [confirmed, go, id]);

  const again = () => {
    if (stage === "failed" && confirmed) return go();
    enter.reset();
    begin();
  };
  return { stage, content: start.data?.qr_content ?? "", expiresAt: scan?.expires_at ?? "", again };
}

/** lastingOf leaves out what asking again may mend: while the network is away, the code stays as it is. */
const lastingOf = (error: unknown): boolean => error instanceof Refused && error.problem.status < 500;

function factsOf(scan: Schema["Scan"] | undefined, error: unknown) {
  const over = scan !== undefined && serverTime.now() >= Date.parse(scan.expires_at);
  const code = codeOf(error);
  return { status: scan?.status, over, code, unreached: Boolean(error) && !code };
}
