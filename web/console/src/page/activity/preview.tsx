import { Form } from "antd";
import { useTagName, type Item } from "../../data/reference";
import { Money } from "../../part/value";
import { Section } from "../../part/section";
import { useSpeaker } from "../../text/language";
import type { Draft } from "./draft";
import { preview } from "./price";

const shown = 12;

function Row({ item, sku, draft }: { item: Item; sku: Item["skus"][number]; draft: Draft }) {
  const { t } = useSpeaker();
  const name = useTagName(draft.partner_id);
  const { everybody, opener, tagged, tiers } = preview(draft, sku.original_price_fen);
  return (
    <li className="preview-row">
      <div className="preview-name">
        {item.name} <span className="muted">{sku.name}</span>
      </div>
      <div className="preview-price">
        <Money fen={everybody} /> {everybody !== undefined && everybody < sku.original_price_fen && <Money fen={sku.original_price_fen} strike />}
      </div>
      <ul>
        {opener !== everybody && <li>{t("preview.opener")} <Money fen={opener} /></li>}
        {tagged.map(({ tag, price }) => <li key={tag}>{t("preview.tag", { tag: name(tag) })} <Money fen={price} /></li>)}
        {tiers.map(({ size, price }) => <li key={size}>{t("preview.tier", { n: size })} <Money fen={price} /></li>)}
      </ul>
    </li>
  );
}

// Preview prices the goods by the form as it stands. It follows every keystroke.
export function Preview({ items }: { items: Item[] }) {
  const { t } = useSpeaker();
  const form = Form.useFormInstance<Draft>();
  const draft = Form.useWatch((values: Draft) => values, form) as Draft | undefined;
  const goods = draft?.goods ?? [];
  const rows = items.filter((item) => goods.includes(item.goods_id)).flatMap((item) => item.skus.map((sku) => ({ item, sku })));
  return (
    <Section title={t("preview.title")}>
      <p className="muted preview-about">{t(rows.length === 0 ? "preview.empty" : "preview.about")}</p>
      <ul className="preview" aria-live="polite">
        {draft && rows.slice(0, shown).map(({ item, sku }) => <Row key={`${item.goods_id} ${sku.sku_id}`} item={item} sku={sku} draft={draft} />)}
      </ul>
      {rows.length > shown && <p className="muted">{t("preview.more", { n: rows.length - shown })}</p>}
    </Section>
  );
}
