import { Fragment, useEffect, useRef, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";
import { codeOf, lasting, Refused, signedOut, Unreached, type OrderInput, type Schema } from "../api/client";
import { fetchOrder, openCashier, placeOrder, useMe, usePreview } from "../api/queries";
import { forget, keyOf } from "../logic/intent";
import { short, yuan } from "../logic/money";
import { whyKey } from "../logic/story";
import { go, to, type Place } from "../router";
import { useSay } from "../text/text";
import { LoginHint } from "../ui/gate";
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

/** Priced asks the server what the wish costs, and what speaks against it. */
function Priced({ wish, here }: { wish: Wish; here: string }) {
  const found = usePreview(inputOf(wish));
  if (found.isPending) return <Bones kind="story" />;
  if (!found.data) {
    const code = codeOf(found.error);
    if (code === "" || !lasting(found.error)) return <Failed error={found.error} retry={() => void found.refetch()} />;
    return <Gone wish={wish} code={code} text={found.error instanceof Refused ? found.error.problem.title : ""} />;
  }
  return <Confirm wish={wish} here={here} preview={found.data} />;
}

type Trouble = { kind: "price"; before: number; now: number } | { kind: "refused"; code: string; text: string };

function Confirm({ wish, here, preview }: { wish: Wish; here: string; preview: Schema["OrderPreview"] }) {
  const say = useSay();
  const buying = useBuying(wish, here);
  const { trouble } = buying;
  const against = preview.refusals[0];
  const no = trouble?.kind === "refused" ? trouble : against && { code: against.reason, text: against.text };
  if (no && buying.stage === "idle") return <Gone wish={wish} code={no.code} text={no.text} />;
  return (
    <>
      <section className="panel goods-line">
        <span className="thumb"><Picture src={preview.picture} name={preview.product_name} alt="" /></span>
        <div>
          <What preview={preview} />
          <p className="goods-name">{preview.product_name}</p>
          <p className="soft">{preview.sku_name} × {preview.quantity}</p>
        </div>
      </section>
      <PriceLines lines={preview.lines} />
      <section className="panel">
        <p className="pay-channel"><span>{say("pay_channel")}</span><span><i className="alipay" aria-hidden="true">支</i>{say("alipay")}</span></p>
      </section>
      {wish.mode === "group" && !preview.offer?.instant && (
        <section className="flag flag-good">
          <Icon name="shield" />
          <p><strong>{say("if_fails")}</strong><br />{say("if_fails_text")} {say("seat_kept")}</p>
        </section>
      )}
      <div className="submit">
        <p aria-hidden="true"><small>{say("pieces", { n: preview.quantity })}</small> <Price fen={preview.amount_fen} size="l" /></p>
        <Button busy={buying.stage !== "idle"} onClick={() => buying.submit(preview.price_fen)}>
          {say(buying.stage === "paying" ? "going_to_pay" : buying.stage === "placing" ? "submitting" : "submit")}
        </Button>
      </div>
      {trouble?.kind === "price" && <PriceChanged before={trouble.before} now={trouble.now} buying={buying} />}
    </>
  );
}

function What({ preview }: { preview: Schema["OrderPreview"] }) {
  const say = useSay();
  const size = preview.offer?.team_size ?? 0;
  const text = preview.mode === "solo" ? say("checkout_solo") : preview.team ? say("checkout_group_join", { n: size }) : say("checkout_group_open", { n: size });
  return <p className="tag tag-team">{preview.offer?.instant && !preview.team ? say("instant_team") : text}</p>;
}

/** PriceLines shows how the server comes to its amount. */
function PriceLines({ lines }: { lines: readonly Schema["PriceLine"][] }) {
  return (
    <section className="panel">
      <dl className="bill">
        {lines.map((line) => (
          <Fragment key={line.kind}>
            <dt className={line.kind === "due" ? "total" : undefined}>{line.text}</dt>
            {line.kind === "due" && <dd className="total"><Price fen={line.amount_fen} size="l" /></dd>}
            {line.kind === "goods" && <dd>¥{yuan(line.amount_fen)}</dd>}
            {line.kind.endsWith("discount") && <dd className="minus">−¥{yuan(line.amount_fen)}</dd>}
          </Fragment>
        ))}
      </dl>
    </section>
  );
}

function PriceChanged({ before, now, buying }: { before: number; now: number; buying: Buying }) {
  const say = useSay();
  return (
    <Sheet title={say("price_changed_title")} onClose={buying.settle}
      foot={<><Button look="line" onClick={buying.settle}>{say("price_reject")}</Button><Button onClick={() => buying.submit(now)}>{say("price_accept", { now: short(now) })}</Button></>}>
      <p>{say("price_changed_text", { now: short(now), before: short(before) })}</p>
    </Sheet>
  );
}

/** Gone says why there is no order, and what can be done instead. */
function Gone({ wish, code, text }: { wish: Wish; code: string; text: string }) {
  const say = useSay();
  const over = ["team_full", "team_not_forming", "team_expired"].includes(code);
  return (
    <Note icon={over ? "teams" : "lock"} tone="bad" title={say(code === "team_full" ? "refused_full_title" : "refused_title")}
      text={code === "team_full" ? say("refused_full_text") : text || say(whyKey(code))}>
      {over && <LinkButton href={to("product", wish.product, { do: "open" })} replace>{say("open_own")}</LinkButton>}
      {code === "already_in_team" && wish.team && <LinkButton href={to("team", wish.team)} replace>{say("see_team")}</LinkButton>}
      <LoginHint />
      <LinkButton look={over || code === "already_in_team" ? "line" : "main"} href={to("product", wish.product)} replace>{say(over ? "see_other_teams" : "to_product")}</LinkButton>
    </Note>
  );
}

type Stage = "idle" | "placing" | "paying";
type Buying = ReturnType<typeof useBuying>;

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
      for (const key of ["preview", "product", "team"]) void client.invalidateQueries({ queryKey: [key] });
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
    if (code === "price_changed" && current_price_fen) setTrouble({ kind: "price", before: input.expected_price_fen ?? 0, now: current_price_fen }); // the preview knows the new one already
    else if (lasting(error)) setTrouble({ kind: "refused", code, text: [title, detail].filter(Boolean).join(" ") });
    else toast(title || say("failed_server"));
  };
  return { stage, trouble, submit: (expected: number) => void submit(expected), settle: () => setTrouble(undefined) };
}

const inputOf = (wish: Wish, expected?: number): OrderInput => ({
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

