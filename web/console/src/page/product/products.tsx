import { mall, take, type Mall } from "../../api/client";
import { pageSize, usePages } from "../../list/pages";
import { List } from "../../list/table";
import { Head } from "../../part/head";
import { Ident } from "../../part/ident";
import { State } from "../../part/state";
import { Vacant } from "../../part/vacant";
import { Money, When } from "../../part/value";
import { useMay } from "../../session/session";
import { useSpeaker, type Speaker } from "../../text/language";
import { PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { lazy, Suspense, useState } from "react";

const ProductForm = lazy(() => import("./productform"));
type View = Mall["ProductView"];
type Product = Mall["Product"];

// Prices spans the SKUs' prices.
function Prices({ skus }: { skus: Mall["Sku"][] }) {
  const all = skus.map((sku) => sku.price_fen);
  const low = Math.min(...all);
  const high = Math.max(...all);
  return <>{low === high ? <Money fen={low} /> : <><Money fen={low} /> – <Money fen={high} /></>}</>;
}

function columns({ t }: Speaker, change: ((product: Product) => void) | null) {
  return [
    {
      title: t("product.name"),
      render: ({ product }: View) => (
        <span className="cell-picture">
          {product.pictures[0] ? <img src={product.pictures[0]} alt="" loading="lazy" /> : <span className="no-picture" aria-hidden>{product.name.slice(0, 1)}</span>}
          <span className="cell-two">
            <span className="cell-name">{product.name}</span>
            <small><Ident id={product.product_id} /></small>
          </span>
        </span>
      ),
    },
    { title: t("product.shelf"), render: ({ product }: View) => <State of="shelf" value={product.shelf} /> },
    { title: t("product.price"), render: ({ product }: View) => <Prices skus={product.skus} /> },
    { title: t("product.skus"), render: ({ product }: View) => product.skus.length, align: "right" as const },
    { title: t("product.stock"), render: ({ product }: View) => <span className="num">{product.skus.reduce((n, sku) => n + sku.stock, 0).toLocaleString("en-US")}</span>, align: "right" as const },
    { title: t("activity.updated"), render: ({ product }: View) => <When at={product.updated_at} /> },
    ...(change ? [{ title: <span className="unseen">{t("list.actions")}</span>, render: ({ product }: View) => <Button size="small" onClick={() => change(product)}>{t("product.change")}</Button> }] : []),
  ];
}

// Products lists what our own shop sells.
export default function Products() {
  const speaker = useSpeaker();
  const { t } = speaker;
  const may = useMay("operator");
  const [open, setOpen] = useState<Product | "new" | null>(null);
  const pages = usePages(["products"], (cursor) => take(mall.GET("/api/mall/admin/v1/products", { params: { query: { cursor, limit: pageSize } } })));
  const create = may && <Button type="primary" icon={<PlusOutlined />} onClick={() => setOpen("new")}>{t("product.new")}</Button>;
  return (
    <>
      <Head title={t("nav.products")} about={t("product.about")} actions={create} />
      <List name={t("nav.products")} pages={pages} columns={columns(speaker, may ? setOpen : null)} rowKey={({ product }) => product.product_id} empty={<Vacant title={t("product.none")} about={t("product.none.about")} action={create} />} />
      {open && <Suspense><ProductForm product={open === "new" ? undefined : open} close={() => setOpen(null)} /></Suspense>}
    </>
  );
}
