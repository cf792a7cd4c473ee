import { useEffect, useRef } from "react";
import type { ProductView } from "../api/client";
import { useProducts } from "../api/queries";
import { bestOffer, lowestSku, stateOf } from "../logic/deal";
import { short } from "../logic/money";
import { Link, to } from "../router";
import { useSay, type Say } from "../text/text";
import { Bones, Button, Failed, Note, Price, Struck } from "../ui/parts";
import { Picture } from "../ui/picture";
import { Shell } from "../ui/shell";
import { useNow } from "../ui/time";

/** Home is the shelf. */
export function Home() {
  const say = useSay();
  const list = useProducts();
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Shell page="home" title={say("brand")} className="home">
      <section className="hero">
        <div>
          <p className="hero-slogan">{say("slogan")}</p>
          <p className="hero-how">{say("home_how")}</p>
        </div>
        <ol className="steps">
          <li>{say("home_step_1")}</li>
          <li>{say("home_step_2")}</li>
          <li>{say("home_step_3")}</li>
        </ol>
      </section>
      <h2 className="section-title">{say("home_title")}</h2>
      {list.isPending && <Bones kind="card" count={6} />}
      {list.isError && items.length === 0 && <Failed error={list.error} retry={() => void list.refetch()} />}
      {list.isSuccess && items.length === 0 && <Note icon="box" title={say("home_empty_title")} text={say("home_empty_text")} />}
      <ul className="cards">
        {items.map((view, n) => (
          <li key={view.product.product_id}>
            <Card view={view} eager={n < 4} />
          </li>
        ))}
      </ul>
      {list.hasNextPage && <More busy={list.isFetchingNextPage} more={() => void list.fetchNextPage()} />}
    </Shell>
  );
}

/** More loads the next page of a list when it comes into view, or at a press. */
export function More({ busy, more }: { busy: boolean; more: () => void }) {
  const say = useSay();
  const mark = useRef<HTMLDivElement>(null);
  const latest = useRef(more);
  latest.current = more;
  useEffect(() => {
    const seen = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && latest.current(), { rootMargin: "400px" });
    if (mark.current) seen.observe(mark.current);
    return () => seen.disconnect();
  }, []);
  return (
    <div ref={mark} className="more">
      <Button look="plain" busy={busy} onClick={more}>{say(busy ? "loading" : "more")}</Button>
    </div>
  );
}

function Card({ view, eager }: { view: ProductView; eager: boolean }) {
  const say = useSay();
  const { product, statistics } = view;
  const state = stateOf(view, useNow());
  const offer = bestOffer(view);
  const alone = lowestSku(product.skus);
  const mark = markOf(state, say);
  return (
    <Link className={`card ${mark ? "card-over" : ""}`} href={to("product", product.product_id)}>
      <span className="card-picture">
        <Picture src={product.pictures[0]} name={product.name} alt="" eager={eager} />
        {mark && <span className="card-mark">{mark}</span>}
      </span>
      <span className="card-text">
        <span className="card-name">{product.name}</span>
        <span className="card-tags">
          {offer && <span className="tag tag-team">{offer.instant ? say("instant_team") : say("size_team", { n: offer.team_size })}</span>}
          {offer && offer.deduction_fen > 0 && <span className="tag">{say("saves", { amount: short(offer.deduction_fen) })}</span>}
          {!offer && <span className="tag">{say("solo_only")}</span>}
        </span>
        <span className="card-prices">
          {(offer || alone) && <Price fen={offer?.price_fen ?? alone?.price_fen ?? 0} size="l" />}
          {offer && offer.original_price_fen > offer.price_fen && <Struck fen={offer.original_price_fen} label={say("solo_price")} />}
        </span>
        {statistics && statistics.buyers > 0 && <span className="card-joined">{say("buyers_joined", { n: statistics.buyers })}</span>}
      </span>
    </Link>
  );
}

function markOf(state: ReturnType<typeof stateOf>, say: Say): string {
  if (state === "sold_out") return say("sold_out");
  if (state === "ended") return say("ended");
  return state === "not_started" ? say("not_started") : "";
}
