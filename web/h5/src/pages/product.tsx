import { useState } from "react";
import { codeOf, type Offer, type ProductView, type TeamCard } from "../api/client";
import { useProduct } from "../api/queries";
import { bestOffer, lowestSku, stateOf, whyNot, type State } from "../logic/deal";
import { short } from "../logic/money";
import { to } from "../router";
import { useSay } from "../text/text";
import { Gallery } from "../ui/gallery";
import { LoginHint } from "../ui/gate";
import { Icon } from "../ui/icon";
import { Bones, Failed, LinkButton, Note, Price, Struck } from "../ui/parts";
import { RulesSheet, Tiers } from "../ui/rules";
import { Shell } from "../ui/shell";
import { SkuSheet, type Choice } from "../ui/sku";
import { TeamRows } from "../ui/teamrow";
import { Countdown, useNow } from "../ui/time";

/** Product is one product: what it costs alone and in a team, and the teams that can be joined. */
export function Product({ id, wanted }: { id: string; wanted: string | null }) {
  const say = useSay();
  const found = useProduct(id);
  const [choice, setChoice] = useState<Choice | null>(wanted === "open" ? { mode: "group" } : null);
  const view = found.data;
    if (!view) {
    return (
      <Shell page="product" title={say("about")} back={to("home")}>
        {found.isPending && <Bones kind="product" />}
        {found.isError && codeOf(found.error) === "product_not_found" && (
          <Note icon="box" title={say("product_off")} text={say("product_off_text")}>
            <LinkButton href={to("home")}>{say("to_home")}</LinkButton>
          </Note>
        )}
        {found.isError && codeOf(found.error) !== "product_not_found" && <Failed error={found.error} retry={() => void found.refetch()} />}
      </Shell>
    );
  }
  return (
    <Shell page="product" title={view.product.name} heading={say("about")} back={to("home")} className="product" bar={<Buy view={view} choose={setChoice} />}>
      <ProductPage view={view} choose={setChoice} />
      {choice && <SkuSheet view={view} choice={choice} onClose={() => setChoice(null)} />}
    </Shell>
  );
}

function ProductPage({ view, choose }: { view: ProductView; choose: (choice: Choice) => void }) {
  const say = useSay();
  const now = useNow();
  const state = stateOf(view, now);
  const offer = bestOffer(view);
  const { product, statistics } = view;
  return (
    <>
      <div className="product-top">
        <Gallery pictures={product.pictures} name={product.name} />
        <div className="product-facts">
          <PriceBoard view={view} offer={offer} state={state} />
          <h2 className="product-name">{product.name}</h2>
          {statistics && statistics.teams_opened > 0 && (
            <p className="figures">{say("figures", { opened: statistics.teams_opened, formed: statistics.teams_formed, buyers: statistics.buyers })}</p>
          )}
          <StateNote view={view} state={state} />
          {offer && offer.leader_discount_fen > 0 && <p><span className="tag tag-team">{say("leader_saves", { amount: short(offer.leader_discount_fen) })}</span></p>}
          {offer?.tiers && <Tiers tiers={offer.tiers} />}
          {offer && <Rules offer={offer} />}
          <Stock view={view} />
          <div className="product-buy">
            <Buy view={view} choose={choose} />
          </div>
          {offer && state !== "ended" && state !== "not_started" && <OpenTeams view={view} state={state} choose={choose} />}
        </div>
      </div>
      {product.description && (
        <section className="panel">
          <h2>{say("about")}</h2>
          <p className="long-text">{product.description}</p>
        </section>
      )}
    </>
  );
}

function PriceBoard({ view, offer, state }: { view: ProductView; offer: Offer | undefined; state: State }) {
  const say = useSay();
  const alone = lowestSku(view.product.skus);
  if (!offer || !alone) {
    return <div className="price-board plain">{alone && <Price fen={alone.price_fen} size="xl" />}</div>;
  }
  const several = new Set(view.offers.map((other) => other.price_fen)).size > 1;
  return (
    <div className="price-board">
      <div className="price-now">
        <span className="tag tag-board">{offer.instant ? say("instant_team") : say("size_team", { n: offer.team_size })}</span>
        <Price fen={offer.price_fen} size="xl" />
        {several && <span className="price-from">{say("from_price")}</span>}
        {offer.original_price_fen > offer.price_fen && <Struck fen={offer.original_price_fen} label={say("solo_price")} />}
      </div>
      <p className="price-clock">
        {state === "not_started" && <>{say("starts_in")} <Countdown until={offer.starts_at} /></>}
        {state === "ended" && say("activity_over")}
        {state !== "not_started" && state !== "ended" && <>{say("ends_in")} <Countdown until={offer.ends_at} /></>}
      </p>
    </div>
  );
}

/** Why this visitor cannot join, or what is away. */
function StateNote({ view, state }: { view: ProductView; state: State }) {
  const say = useSay();
  if (state === "unknown") return <p className="flag flag-wait"><Icon name="clock" /> {say("group_unknown")}</p>;
  if (state === "refused") {
    return (
      <div className="flag flag-bad">
        <Icon name="lock" />
        <div><p><strong>{say("not_for_you")}</strong><br />{whyNot(view)}</p><LoginHint /></div>
      </div>
    );
  }
  return null;
}

function Rules({ offer }: { offer: Offer }) {
  const say = useSay();
  const [open, setOpen] = useState(false);
  return (
    <>
      <button type="button" className="row-button" onClick={() => setOpen(true)}>
        <Icon name="shield" />
        <span><strong>{say("rules")}</strong><small>{say("rules_line")}</small></span>
        <Icon name="forward" />
      </button>
      {open && <RulesSheet offer={offer} onClose={() => setOpen(false)} />}
    </>
  );
}

const fewPieces = 10;

function Stock({ view }: { view: ProductView }) {
  const say = useSay();
  const pieces = view.product.skus.reduce((sum, sku) => sum + sku.stock, 0);
  if (pieces === 0) return <p className="stock">{say("sold_out")}</p>;
  return <p className={pieces <= fewPieces ? "stock stock-few" : "stock"}>{say(pieces <= fewPieces ? "stock_few" : "stock_left", { n: pieces })}</p>;
}

function OpenTeams({ view, state, choose }: { view: ProductView; state: State; choose: (choice: Choice) => void }) {
  const say = useSay();
  const teams = view.teams;
  return (
    <section className="panel">
      <h2>{teams.length > 0 ? say("open_teams", { n: teams.length }) : say("no_open_teams")}</h2>
      <TeamRows teams={teams} join={state === "group" ? (team: TeamCard) => choose({ mode: "group", team }) : undefined} />
    </section>
  );
}

/** Buy is the two-button bar. */
function Buy({ view, choose }: { view: ProductView; choose: (choice: Choice) => void }) {
  const say = useSay();
  const state = stateOf(view, useNow());
  const offer = bestOffer(view);
  const alone = lowestSku(view.product.skus);
  const soldOut = state === "sold_out";
  return (
    <div className="buy">
      <button type="button" className="buy-alone" disabled={soldOut || !view.buy_alone} onClick={() => choose({ mode: "solo" })}>
        <strong>{alone ? `¥${short(alone.price_fen)}` : ""}</strong>
        <span>{say("buy_alone")}</span>
      </button>
      {(offer || state === "unknown") && (
        <button type="button" className="buy-group" disabled={state !== "group"} onClick={() => choose({ mode: "group" })}>
          {offer && state !== "unknown" && <strong>¥{short(offer.price_fen)}</strong>}
          <span>{say(groupText(state, offer))}</span>
        </button>
      )}
    </div>
  );
}

function groupText(state: State, offer: Offer | undefined) {
  switch (state) {
    case "sold_out":
      return "sold_out";
    case "not_started":
      return "not_started";
    case "ended":
      return "ended";
    case "unknown":
      return "group_unknown_short";
    case "refused":
      return "join_closed";
    default:
      return offer?.instant ? "open_instant" : "open_team";
  }
}
