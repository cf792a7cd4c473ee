import { useState } from "react";
import { codeOf, type Schema, type TeamView } from "../api/client";
import { teamIsOpen, useOrder, useProduct, useTeam } from "../api/queries";
import { bestOffer, full, missing, whyNot } from "../logic/deal";
import { short, yuan } from "../logic/money";
import { storyOf } from "../logic/story";
import { Link, to, type Place } from "../router";
import { useSay } from "../text/text";
import { LoginHint } from "../ui/gate";
import { Icon } from "../ui/icon";
import { Bones, Button, Failed, LinkButton, Note, Price, Struck } from "../ui/parts";
import { Picture } from "../ui/picture";
import { Seats } from "../ui/seats";
import { InviteSheet } from "../ui/share";
import { Shell } from "../ui/shell";
import { SkuSheet } from "../ui/sku";
import { TeamRows } from "../ui/teamrow";
import { Countdown, useClock, useNow } from "../ui/time";

/** Team is the page behind an invitation: anybody with its link sees it. */
export function Team({ place }: { place: Place }) {
  const say = useSay();
  const found = useTeam(place.id);
  return (
    <Shell page="team" title={say("team_title")} back={to("home")} className="narrow team">
      {found.isPending && <Bones kind="story" />}
      {found.isError && !found.data && (
        codeOf(found.error) === "team_not_found" || codeOf(found.error) === "malformed" || codeOf(found.error) === "not_found" ? (
          <Note icon="teams" title={say("team_missing")} text={say("team_missing_text")}>
            <LinkButton href={to("home")}>{say("to_home")}</LinkButton>
          </Note>
        ) : (
          <Failed error={found.error} retry={() => void found.refetch()} />
        )
      )}
      {found.data && <Page view={found.data} />}
    </Shell>
  );
}

/** Where a team stands for who looks at it. */
type Stand = "unpaid" | "invite" | "join" | "refused" | "full" | "over" | "settling" | "formed" | "failed";

/** standOf decides it from the server's words and clock. */
export function standOf(view: TeamView, now: number): Stand {
  const { team } = view;
  if (team.status === "failed") return "failed";
  if (!teamIsOpen(view)) return "formed";
  if (view.joined) {
    if (now >= Date.parse(team.expires_at)) return "settling";
    return view.members.some((member) => member.self && member.status === "held") ? "unpaid" : "invite";
  }
  if (now >= Date.parse(team.expires_at)) return "over";
  if (full(team)) return "full";
  return view.offers.some((offer) => offer.joinable) ? "join" : "refused";
}

function Page({ view }: { view: TeamView }) {
  const say = useSay();
  const stand = standOf(view, useNow());
  const [sheet, setSheet] = useState<"" | "sku" | "invite">("");
  const leader = view.members.find((member) => member.leader)?.nickname ?? "";
  return (
    <>
      <ProductLine view={view} />
      <section className={`story team-story ${toneOf(stand)}`}>
        <Headline view={view} stand={stand} leader={leader} />
        <Seats view={view} />
        <p className="soft">
          {say("team_people", { paid: view.team.paid, target: view.team.target })}
          {view.team.held > 0 && stand !== "failed" && <> · {say("team_held", { n: view.team.held })}</>}
        </p>
        <div className="actions">
          <Actions view={view} stand={stand} open={setSheet} />
        </div>
      </section>
      {stand === "failed" && view.own_order_id && <OwnRefund orderID={view.own_order_id} />}
      {["full", "over", "refused", "failed"].includes(stand) && <Others view={view} />}
      {sheet === "sku" && <SkuSheet view={view} choice={{ mode: "group", team: { team_id: view.team.team_id, leader } }} onClose={() => setSheet("")} />}
      {sheet === "invite" && <InviteSheet view={view} onClose={() => setSheet("")} />}
    </>
  );
}

const toneOf = (stand: Stand): string => (stand === "formed" ? "good" : ["failed", "full", "over", "refused"].includes(stand) ? "bad" : "wait");

function ProductLine({ view }: { view: TeamView }) {
  const say = useSay();
  const offer = bestOffer(view);
  return (
    <Link className="panel goods-line" href={to("product", view.product.product_id)}>
      <span className="thumb"><Picture src={view.product.pictures[0]} name={view.product.name} alt="" /></span>
      <span>
        <span className="goods-name">{view.product.name}</span>
        <span className="goods-price">
          <span className="tag tag-team">{say("size_team", { n: view.team.target })}</span>
          {offer && <Price fen={offer.price_fen} size="m" />}
          {offer && offer.original_price_fen > offer.price_fen && <Struck fen={offer.original_price_fen} label={say("solo_price")} />}
        </span>
      </span>
      <Icon name="forward" />
    </Link>
  );
}

function Headline({ view, stand, leader }: { view: TeamView; stand: Stand; leader: string }) {
  const say = useSay();
  const { people, forLess } = missing(view.team);
  const clock = <p className="story-clock">{say("team_ended_in")} <Countdown until={view.team.expires_at} /></p>;
  switch (stand) {
    case "unpaid":
      return <><h2>{say("team_unpaid")}</h2>{clock}</>;
    case "invite":
      return <><h2>{say(forLess ? "team_formed_open" : "team_waiting", { n: people })}</h2>{clock}</>;
    case "join":
      return <><h2>{forLess ? say("team_formed_open", { n: people }) : say("team_waiting_you", { leader, n: people })}</h2>{clock}</>;
    case "refused":
      return <><h2>{say("not_for_you")}</h2><p>{whyNot(view)}</p></>;
    case "full":
      return <><h2>{say("team_full")}</h2><p>{say("team_full_text")}</p></>;
    case "over":
      return <><h2>{say("team_over")}</h2><p>{say("team_over_text")}</p></>;
    case "settling":
      return <h2>{say("team_settling")}</h2>;
    case "formed":
      return <><h2>{say("team_formed")}</h2><p>{say(view.team.virtual > 0 ? "team_formed_virtual" : "team_formed_text")}</p></>;
    case "failed":
      return <><h2>{say("team_failed")}</h2><p>{say("team_failed_text")}</p></>;
  }
}

function Actions({ view, stand, open }: { view: TeamView; stand: Stand; open: (sheet: "sku" | "invite") => void }) {
  const say = useSay();
  const product = to("product", view.product.product_id);
  const offer = bestOffer(view);
  switch (stand) {
    case "invite":
      return <Button onClick={() => open("invite")}>{say("invite")}</Button>;
    case "unpaid":
      return <LinkButton href={view.own_order_id ? to("order", view.own_order_id) : to("orders", "", { tab: "to_pay" })}>{say("continue_pay")}</LinkButton>;
    case "join":
      return (
        <>
          <Button onClick={() => open("sku")}>{say("join_for", { amount: short(offer?.price_fen ?? 0) })}</Button>
          <Button look="line" onClick={() => open("invite")}>{say("invite_now")}</Button>
        </>
      );
    case "full":
    case "over":
      return <LinkButton href={to("product", view.product.product_id, { do: "open" })}>{say("open_own")}</LinkButton>;
    case "failed":
      return <LinkButton href={to("product", view.product.product_id, { do: "open" })}>{say("buy_again")}</LinkButton>;
    case "formed":
      return <>
        {view.own_order_id && <LinkButton look="line" href={to("order", view.own_order_id)}>{say("your_order")}</LinkButton>}
        <LinkButton href={to("home")}>{say("keep_shopping")}</LinkButton>
      </>;
    case "refused":
      return <><LoginHint /><LinkButton href={product}>{say("to_product")}</LinkButton></>;
    case "settling":
      return null;
  }
}

/** OwnRefund tells somebody whose team failed where the money is. */
function OwnRefund({ orderID }: { orderID: string }) {
  const say = useSay();
  const time = useClock();
  const refunds = useOrder(orderID, (view) => storyOf(view).open).data?.refunds ?? [];
  if (refunds.length === 0) return null;
  return (
    <section className="panel own-refund">
      <h2>{say("your_refund")}</h2>
      {refunds.map((refund) => {
        const state = refund.status === "succeeded" ? say("refund_state_done", { time: time(refund.ended_at) }) : say("refund_state_going");
        return <p key={refund.refund_no}>{say("team_failed_refund", { amount: yuan(refund.amount_fen), state })}</p>;
      })}
      <LinkButton look="line" href={to("order", orderID)}>{say("see_order")}</LinkButton>
    </section>
  );
}

/** Others are teams of the same product that can be joined instead. */
function Others({ view }: { view: TeamView }) {
  const say = useSay();
  const [joining, setJoining] = useState<Schema["TeamCard"]>();
  const found = useProduct(joining ? view.product.product_id : "");
  const teams = view.teams.filter((team) => !full(team));
  if (teams.length === 0) return null;
  return (
    <section className="panel">
      <h2>{say("other_teams")}</h2>
      <TeamRows teams={teams} join={view.refusal ? undefined : setJoining} />
      {joining && found.data && <SkuSheet view={found.data} choice={{ mode: "group", team: joining }} onClose={() => setJoining(undefined)} />}
    </section>
  );
}
