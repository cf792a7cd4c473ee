import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient, QueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { serverTime } from "../logic/servertime";
import { api, lasting, signedOut, unwrap, type OrderInput, type OrderView, type Schema } from "./client";
import { pace, pollEvery, useLive } from "./live";

/** newQueryClient asks again after what may pass by itself, and never repeats a write. */
export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        networkMode: "always", // the browser's idea of being online is often wrong; a failure is shown instead
        retry: (failures, error) => !lasting(error) && failures < 2,
        retryDelay: (failures) => 500 * 2 ** failures,
        staleTime: 5_000,
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
}

/** Who is signed in; null for a visitor. */
export function useMe() {
  return useQuery({
    queryKey: ["me"],
    staleTime: 60_000,
    queryFn: async () => {
      try {
        return await unwrap(api.GET("/api/mall/v1/accounts/me"));
      } catch (error) {
        if (signedOut(error)) return null;
        throw error;
      }
    },
  });
}

const pages = { initialPageParam: "", getNextPageParam: (last: { has_more: boolean; next_cursor?: string }) => (last.has_more ? last.next_cursor : undefined) };
const at = (cursor: string) => (cursor ? { cursor } : {});

export function useProducts() {
  return useInfiniteQuery({
    queryKey: ["products"],
    ...pages,
    queryFn: ({ pageParam }) => unwrap(api.GET("/api/mall/v1/products", { params: { query: { ...at(pageParam), limit: 20 } } })),
  });
}

/** timed asks for something that says the server's time, which countdowns follow. */
export async function timed<T extends { server_time: string }>(ask: () => Promise<T>): Promise<T> {
  const askedAt = Date.now();
  const view = await ask();
  serverTime.learn(Date.parse(view.server_time), askedAt, 1);
  return view;
}

const teamsEvery = 3 * pollEvery;

/** One product; its open teams come and go, so it is asked for again while the page is looked at. */
export function useProduct(id: string) {
  return useQuery({
    queryKey: ["product", id],
    enabled: id !== "",
    refetchInterval: teamsEvery,
    queryFn: () => timed(() => unwrap(api.GET("/api/mall/v1/products/{product_id}", { params: { path: { product_id: id } } }))),
  });
}

/** What an order would cost now, by the server. */
export function usePreview(input: OrderInput) {
  return useQuery({
    queryKey: ["preview", input],
    staleTime: 0,
    placeholderData: keepPreviousData, // signing in changes what it says, not that it is shown
    queryFn: () => timed(() => unwrap(api.POST("/api/mall/v1/order-previews", { body: input }))),
  });
}

/** One team, followed while anything can still happen to it. */
export function useTeam(id: string) {
  const client = useQueryClient();
  const live = useRef(false);
  const found = useQuery({
    queryKey: ["team", id],
    enabled: id !== "",
    refetchInterval: (query) => (query.state.data && teamIsOpen(query.state.data) ? pace(live) : false),
    queryFn: () => timed(() => unwrap(api.GET("/api/mall/v1/teams/{team_id}", { params: { path: { team_id: id } } }))),
  });
  const open = found.data !== undefined && teamIsOpen(found.data);
  useLive(open ? `/api/mall/v1/teams/${encodeURIComponent(id)}/events` : "", live, () => void client.invalidateQueries({ queryKey: ["team", id] }));
  return found;
}

/** teamIsOpen says whether anything can still happen to a team. */
export const teamIsOpen = ({ team }: Schema["TeamView"]): boolean => team.status === "forming" || (team.status === "formed" && !team.closed_at && team.next_size !== undefined);

/** One order, followed while the caller finds it open. */
export function useOrder(id: string, open: (view: OrderView) => boolean) {
  const client = useQueryClient();
  const live = useRef(false);
  const found = useQuery({
    queryKey: ["order", id],
    enabled: id !== "",
    refetchInterval: (query) => (query.state.data && open(query.state.data) ? pace(live) : false),
    queryFn: () => fetchOrder(id),
  });
  const follow = found.data !== undefined && open(found.data);
  useLive(follow ? "/api/mall/v1/events" : "", live, () => void client.invalidateQueries({ queryKey: ["order", id] }));
  return found;
}

/** fetchOrder asks for an order as it is now. */
export const fetchOrder = (id: string) => timed(() => unwrap(api.GET("/api/mall/v1/orders/{order_id}", { params: { path: { order_id: id } } })));

export function useOrders(tab: Schema["OrderTab"] | undefined, enabled: boolean) {
  return useInfiniteQuery({
    queryKey: ["orders", tab ?? ""],
    ...pages,
    enabled,
    queryFn: ({ pageParam }) => unwrap(api.GET("/api/mall/v1/orders", { params: { query: { ...at(pageParam), ...(tab ? { tab } : {}) } } })),
  });
}

export function useMyTeams(tab: Schema["TeamTab"], enabled: boolean) {
  return useInfiniteQuery({
    queryKey: ["teams", tab],
    ...pages,
    enabled,
    queryFn: ({ pageParam }) => unwrap(api.GET("/api/mall/v1/teams/mine", { params: { query: { ...at(pageParam), tab } } })),
  });
}

/** placeOrder orders under a key: the same key and input give the same order, however often it is sent. */
export const placeOrder = (input: OrderInput, key: string) =>
  unwrap(api.POST("/api/mall/v1/orders", { body: input, params: { header: { "Idempotency-Key": key } } }));

/** openCashier returns the address where an order is paid: the same one each time. */
export async function openCashier(orderID: string): Promise<string> {
  const method = matchMedia("(max-width: 47.99em)").matches ? "phone" : "page";
  const payment = await unwrap(
    api.POST("/api/mall/v1/orders/{order_id}/payment", { params: { path: { order_id: orderID } }, body: { method } }),
  );
  return payment.pay_url ?? "";
}

/** A write to one order, after which everything that shows it is asked for again. */
function useOrderWrite<Input, Output>(orderID: string, write: (input: Input) => Promise<Output>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: write,
    onSettled: async () => {
      await Promise.all(
        [["order", orderID], ["orders"], ["teams"], ["team"], ["product"]].map((queryKey) => client.invalidateQueries({ queryKey })),
      );
    },
  });
}

export const useCancel = (orderID: string) =>
  useOrderWrite(orderID, () => unwrap(api.POST("/api/mall/v1/orders/{order_id}/cancel", { params: { path: { order_id: orderID } } })));

export const useRefund = (orderID: string) =>
  useOrderWrite(orderID, (reason: string) =>
    unwrap(api.POST("/api/mall/v1/orders/{order_id}/refund", { params: { path: { order_id: orderID } }, body: { reason } })),
  );

/** Asks Alipay now whether an order was paid. */
export const useCheckPayment = (orderID: string) =>
  useOrderWrite(orderID, () => unwrap(api.POST("/api/mall/v1/orders/{order_id}/payment/check", { params: { path: { order_id: orderID } } })));

/** useEntered takes a new session in: everything that was shown before is asked for again as the one who came in. */
export function useEntered(): (session: Schema["Session"]) => void {
  const client = useQueryClient();
  return (session) => {
    client.clear();
    client.setQueryData(["me"], session.account);
  };
}

/** enter signs in, or up. */
export function useEnter(kind: "signIn" | "signUp") {
  const entered = useEntered();
  return useMutation({
    mutationFn: (input: { login: string; password: string; nickname?: string }) =>
      kind === "signUp"
        ? unwrap(api.POST("/api/mall/v1/accounts", { body: input }))
        : unwrap(api.POST("/api/mall/v1/sessions", { body: { login: input.login, password: input.password } })),
    onSuccess: entered,
  });
}

export function useSignOut() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(api.DELETE("/api/mall/v1/sessions/current")),
    onSettled: () => {
      client.clear();
      client.setQueryData(["me"], null);
    },
  });
}
