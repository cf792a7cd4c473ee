import { useEffect, useRef, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { lasting, Refused, signedOut, Unreached, type OrderInput } from "../api/client";
import { fetchOrder, openCashier, placeOrder, useMe, useProduct, useTeam } from "../api/queries";
import { offerOf } from "../logic/deal";
import { forget, keyOf } from "../logic/intent";
import { billOf, short, yuan } from "../logic/money";
import { go, to, type Place } from "../router";
import { useSay } from "../text/text";
import { Icon } from "../ui/icon";
import { Bones, Button, Failed, LinkButton, Note, Price, Sheet } from "../ui/parts";
import { Picture } from "../ui/picture";
import { Shell } from "../ui/shell";
import { useToast } from "../ui/toast";

/** Wish is what the checkout's address says. Prices are not in it: those are the server's. */
interface Wish {
  mode: "solo" | "group";
  product: string;
  sku: string;
  quantity: number;
  activity?: string;
  team?: string;
}

/** wishOf reads the address of a checkout; null when something is missing. */
export function wishOf(query: URLSearchParams): Wish | null {
  const mode = query.get("mode");
  const product = query.get("product");
  const sku = query.get("sku");
  const quantity = Number(query.get("quantity") ?? "1");
  const activity = query.get("activity") ?? undefined;
  if ((mode !== "solo" && mode !== "group") || !product || !sku || !Number.isInteger(quantity) || quantity < 1) return null;
  if (mode === "group" && !activity) return null;
  return { mode, product, sku, quantity, activity, team: query.get("team") ?? undefined };
}

/** Checkout shows what an order will cost by the server, and places it. */
export function Checkout({ place }: { place: Place }) {
  const say = useSay();
  const wish = wishOf(place.query);
  return (
    <Shell page="checkout" title={say("checkout_title")} back={wish ? to("product", wish.product) : to("home")} className="narrow checkout">
      {wish ? (
        <Priced wish={wish} here={place.href} />
      ) : (
        <Note icon="link" title={say("missing_title")} text={say("checkout_broken")} tone="bad">
          <LinkButton href={to("home")}>{say("to_home")}</LinkButton>
        </Note>
      )}
    </Shell>
  );
}

/** Priced finds the server's price: of the team to join, where joining one costs something else than opening one. */
function Priced({ wish, here }: { wish: Wish; here: string }) {
  const say = useSay();
  const product = useProduct(wish.product);
  const team = useTeam(wish.team ?? "");
  const waiting = product.isPending || (wish.team !== undefined && team.isPending);
  if (waiting) return <Bones kind="story" />;
  const failure = product.error ?? team.error;
  if (!product.data || (wish.team && !team.data)) {
    return <Failed error={failure} retry={() => void Promise.all([product.refetch(), wish.team ? team.refetch() : undefined])} />;
  }
  const sku = product.data.product.skus.find((other) => other.sku_id === wish.sku);
  if (!sku) {
    return (
      <Note icon="box" title={say("product_off")} text={say("checkout_broken")} tone="bad">
        <LinkButton href={to("product", wish.product)}>{say("to_product")}</LinkButton>
      </Note>
    );
  }
  const offer = wish.mode === "group" ? offerOf(team.data ?? product.data, sku.sku_id) : undefined;
  if (wish.mode === "group" && !offer) return <Gone wish={wish} code="activity_not_open" text="" />;
  const price = { original: sku.price_fen, pay: offer?.price_fen ?? sku.price_fen };
  const leader = team.data?.members.find((member) => member.leader)?.nickname;
  const what =
    wish.mode === "solo"
      ? say("checkout_solo")
      : wish.team
        ? leader ? say("checkout_group_join", { leader }) : say("checkout_group_join_plain")
        : say("checkout_group_open", { n: offer?.team_size ?? 0 });
  return (
    <Confirm wish={wish} here={here} price={price} what={what} leaderDiscount={offer?.leader_discount_fen ?? 0}
      name={product.data.product.name} sku={sku.name} picture={product.data.product.pictures[0]} />
  );
}

interface ConfirmProps {
  wish: Wish;
  here: string;
  price: { original: number; pay: number };
  what: string;
  leaderDiscount: number;
  name: string;
  sku: string;
  picture: string | undefined;
}

type Trouble = { kind: "price"; now: number } | { kind: "refused"; code: string; text: string };

function Confirm({ wish, here, price, what, leaderDiscount, name, sku, picture }: ConfirmProps) {
  const say = useSay();
  const buying = useBuying(wish, here);
  const bill = billOf(price, wish.quantity);
  const { trouble } = buying;
  if (trouble?.kind === "refused") return <Gone wish={wish} code={trouble.code} text={trouble.text} />;
  return (
    <>
      <section className="panel goods-line">
        <span className="thumb"><Picture src={picture} name={name} alt="" /></span>
        <div>
          <p className="tag tag-team">{what}</p>
          <p className="goods-name">{name}</p>
          <p className="soft">{sku} × {wish.quantity}</p>
        </div>
      </section>
      <section className="panel">
        <dl className="bill">
          <dt>{say("line_goods")}</dt><dd>¥{yuan(bill.original)}</dd>
          {bill.deduction > 0 && <><dt>{say("line_group")}{leaderDiscount > 0 && <small>{say("line_leader", { amount: short(leaderDiscount * wish.quantity) })}</small>}</dt><dd className="minus">−¥{yuan(bill.deduction)}</dd></>}
          <dt className="total">{say("line_total")}</dt><dd className="total"><Price fen={bill.total} size="l" /></dd>
        </dl>
      </section>
      <section className="panel">
        <p className="pay-channel"><span>{say("pay_channel")}</span><span><i className="alipay" aria-hidden="true">支</i>{say("alipay")}</span></p>
      </section>
      {wish.mode === "group" && (
        <section className="flag flag-good">
          <Icon name="shield" />
          <p><strong>{say("if_fails")}</strong><br />{say("if_fails_text")} {say("seat_kept")}</p>
        </section>
      )}
      <div className="submit">
        <p aria-hidden="true"><small>{say("pieces", { n: wish.quantity })}</small> <Price fen={bill.total} size="l" /></p>
        <Button busy={buying.stage !== "idle"} onClick={() => buying.submit(price.pay)}>
          {say(buying.stage === "paying" ? "going_to_pay" : buying.stage === "placing" ? "submitting" : "submit")}
        </Button>
      </div>
      {trouble?.kind === "price" && (
        <Sheet title={say("price_changed_title")} onClose={buying.settle}
          foot={<><Button look="line" onClick={buying.settle}>{say("price_reject")}</Button><Button onClick={() => buying.submit(trouble.now)}>{say("price_accept", { now: short(trouble.now) })}</Button></>}>
          <p>{say("price_changed_text", { now: short(trouble.now), before: short(price.pay) })}</p>
        </Sheet>
      )}
    </>
  );
}

/** Gone says why there is no order, and what can be done instead. */
function Gone({ wish, code, text }: { wish: Wish; code: string; text: string }) {
  const say = useSay();
  const over = ["team_full", "team_not_forming", "team_expired"].includes(code);
  return (
    <Note icon={over ? "teams" : "lock"} tone="bad" title={say(code === "team_full" ? "refused_full_title" : "refused_title")}
      text={code === "team_full" ? say("refused_full_text") : text || say("why_activity_not_open")}>
      {over && <LinkButton href={`${to("product", wish.product)}?do=open`} replace>{say("open_own")}</LinkButton>}
      <LinkButton look={over ? "line" : "main"} href={to("product", wish.product)} replace>{say(over ? "see_other_teams" : "to_product")}</LinkButton>
    </Note>
  );
}

type Stage = "idle" | "placing" | "paying";

/** useBuying places the order once, however often it is pressed, and leads to the cashier. */
function useBuying(wish: Wish, here: string) {
  const say = useSay();
  const toast = useToast();
  const client = useQueryClient();
  const me = useMe();
  const [stage, setStage] = useState<Stage>("idle");
  const [trouble, setTrouble] = useState<Trouble>();
  const atWork = useRef(false); // state would be too late for the second of two quick clicks
  useReturnFromCashier(() => {
    atWork.current = false;
    setStage("idle");
  });

  const submit = async (expected: number) => {
    if (atWork.current) return;
    if (me.data === null) return go(to("login", "", { next: here }));
    atWork.current = true;
    setTrouble(undefined);
    setStage("placing");
    const input = inputOf(wish, expected);
    try {
      const orderID = await placed(input);
      setStage("paying");
      await pay(orderID);
    } catch (error) {
      atWork.current = false;
      setStage("idle");
      void client.invalidateQueries({ queryKey: ["product", wish.product] });
      fail(error, input);
    }
  };

  // What could not be paid now can be from the order's page, which is where Back from the cashier leads as well.
  const pay = async (orderID: string) => {
    go(to("order", orderID), { replace: true });
    try {
      const address = await openCashier(orderID);
      if (address) location.assign(address);
    } catch (error) {
      toast(error instanceof Refused && error.problem.title ? error.problem.title : say("failed_network"));
    }
    void client.invalidateQueries();
  };

  const fail = (error: unknown, input: OrderInput) => {
    if (signedOut(error)) {
      client.setQueryData(["me"], null);
      go(to("login", "", { next: here }));
      return;
    }
    if (error instanceof Unreached) return toast(say("failed_network"));
    if (!(error instanceof Refused)) throw error;
    if (lasting(error)) forget(input, sessionStorage);
    const { current_price_fen, code, title, detail } = error.problem;
    if (code === "price_changed" && current_price_fen) setTrouble({ kind: "price", now: current_price_fen });
    else if (lasting(error)) setTrouble({ kind: "refused", code, text: [title, detail].filter(Boolean).join(" ") });
    else toast(title || say("failed_server"));
  };
  return { stage, trouble, submit: (expected: number) => void submit(expected), settle: () => setTrouble(undefined) };
}

const inputOf = (wish: Wish, expected: number): OrderInput => ({
  mode: wish.mode, product_id: wish.product, sku_id: wish.sku, quantity: wish.quantity, expected_price_fen: expected,
  ...(wish.mode === "group" ? { activity_id: wish.activity, team_id: wish.team } : {}),
});

const patience = 15_000;

/** placed orders, waits until the engine has said yes, and returns the order's id. */
async function placed(input: OrderInput): Promise<string> {
  let order = await placeOrder(input, keyOf(input, sessionStorage));
  for (const end = Date.now() + patience; order.status === "created" && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, 700));
    order = (await fetchOrder(order.order_id)).order;
  }
  forget(input, sessionStorage);
  return order.order_id;
}

/** A browser keeps pages as they were; who comes back from the cashier must not find a button that spins for ever. */
function useReturnFromCashier(back: () => void) {
  const latest = useRef(back);
  latest.current = back;
  useEffect(() => {
    const shown = (event: PageTransitionEvent) => event.persisted && latest.current();
    addEventListener("pageshow", shown);
    return () => removeEventListener("pageshow", shown);
  }, []);
}

