import type { Offer, Schema } from "../api/client";
import { useSay } from "../text/text";
import { Button, Price, Sheet } from "./parts";

/** RulesSheet tells how a group-buy goes, with the numbers of this one. */
export function RulesSheet({ offer, onClose }: { offer: Offer; onClose: () => void }) {
  const say = useSay();
  return (
    <Sheet title={say("rules")} onClose={onClose} foot={<Button onClick={onClose}>{say("confirm")}</Button>}>
      <ol className="rules">
        <li><strong>{say("rule_1_title")}</strong><p>{say("rule_1_text")}</p></li>
        <li><strong>{say("rule_2_title", { n: offer.team_size })}</strong><p>{say("rule_2_text")}</p></li>
        <li><strong>{say("rule_3_title")}</strong><p>{say("rule_3_text")}</p></li>
        <li><strong>{say("rule_4_title")}</strong><p>{say("rule_4_text")}</p></li>
      </ol>
      {offer.tiers && <Tiers tiers={offer.tiers} />}
      {offer.tiers && <p className="soft">{say("rule_tiers")}</p>}
    </Sheet>
  );
}

/** Tiers is the ladder of prices of a team that may grow. */
export function Tiers({ tiers }: { tiers: readonly Schema["TierPrice"][] }) {
  const say = useSay();
  return (
    <ol className="tiers">
      {tiers.map((tier) => (
        <li key={tier.size}>
          <span>{say("tier_people", { n: tier.size })}</span>
          <Price fen={tier.price_fen} size="s" />
        </li>
      ))}
    </ol>
  );
}
