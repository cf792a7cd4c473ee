import { useState } from "react";
import type { Offer, Product, ProductView, Sku, TeamCard } from "../api/client";
import { most, offerOf } from "../logic/deal";
import { short } from "../logic/money";
import { go, to } from "../router";
import { useSay } from "../text/text";
import { Icon } from "./icon";
import { Button, Price, Sheet, Struck } from "./parts";
import { Picture } from "./picture";

/** A Choice is what the visitor pressed: alone, a new team, or a place in a team. */
export interface Choice {
  mode: "solo" | "group";
  team?: Pick<TeamCard, "team_id" | "leader">;
}

interface Props {
  view: Pick<ProductView, "offers"> & { product: Product };
  choice: Choice;
  onClose: () => void;
}

/** SkuSheet asks which SKU and how many, and goes on to the checkout. */
export function SkuSheet({ view, choice, onClose }: Props) {
  const say = useSay();
  const group = choice.mode === "group";
  const offers = (sku: Sku) => (group ? offerOf(view, sku.sku_id) : undefined);
  const available = (sku: Sku) => sku.stock > 0 && (!group || offers(sku)?.joinable === true);
  const [chosen, setChosen] = useState(() => view.product.skus.find(available) ?? view.product.skus[0]);
  const [count, setCount] = useState(1);
  if (!chosen) return null;
  const offer = offers(chosen);
  const limit = most(chosen, offer);
  const quantity = Math.min(count, limit);
  const next = () =>
    go(
      to("checkout", "", {
        mode: choice.mode, product: view.product.product_id, sku: chosen.sku_id, quantity,
        activity: offer?.activity_id, team: choice.team?.team_id,
      }),
    );
  return (
    <Sheet title={say("choose_sku")} onClose={onClose} foot={<Button disabled={!available(chosen)} onClick={next}>{available(chosen) ? say("next") : say("sold_out")}</Button>}>
      <Chosen product={view.product} sku={chosen} offer={offer} />
      <fieldset className="sku-choices">
        <legend>{say("sku_label")}</legend>
        {view.product.skus.map((sku) => (
          <label key={sku.sku_id} className={available(sku) ? "choice" : "choice off"}>
            <input type="radio" name="sku" checked={sku.sku_id === chosen.sku_id} disabled={!available(sku)} onChange={() => setChosen(sku)} />
            <span>{sku.name}<small>¥{short(offers(sku)?.price_fen ?? sku.price_fen)}</small></span>
          </label>
        ))}
      </fieldset>
      <div className="quantity-row">
        <span id="quantity-label">{say("quantity")}<small>{say("max_quantity", { n: limit })}</small></span>
        <div className="stepper" role="group" aria-labelledby="quantity-label">
          <button type="button" aria-label={say("less")} disabled={quantity <= 1} onClick={() => setCount(quantity - 1)}><Icon name="minus" /></button>
          <output aria-live="polite">{quantity}</output>
          <button type="button" aria-label={say("add")} disabled={quantity >= limit} onClick={() => setCount(quantity + 1)}><Icon name="plus" /></button>
        </div>
      </div>
    </Sheet>
  );
}

function Chosen({ product, sku, offer }: { product: Product; sku: Sku; offer: Offer | undefined }) {
  const say = useSay();
  return (
    <div className="sku-chosen">
      <span className="thumb"><Picture src={product.pictures[0]} name={product.name} alt="" /></span>
      <div>
        <p className="sku-price">
          <Price fen={offer?.price_fen ?? sku.price_fen} size="l" />
          {offer && offer.original_price_fen > offer.price_fen && <Struck fen={offer.original_price_fen} label={say("solo_price")} />}
        </p>
        <p className="soft">{say("chosen")} {sku.name}</p>
        <p className={sku.stock <= 10 ? "stock stock-few" : "stock"}>{say(sku.stock <= 10 ? "stock_few" : "stock_left", { n: sku.stock })}</p>
      </div>
    </div>
  );
}
