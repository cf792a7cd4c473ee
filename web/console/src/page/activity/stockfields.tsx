import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Form, Input, InputNumber, Select } from "antd";
import type { Item } from "../../data/reference";
import { useSpeaker } from "../../text/language";

// Sku picks a SKU of the goods that are known, or takes both ids by hand.
function Sku({ at, path, items }: { at: number; path: (string | number)[]; items: Item[] }) {
  const { t } = useSpeaker();
  const goods = Form.useWatch([...path, "goods_id"]) as string | undefined;
  const item = items.find((one) => one.goods_id === goods);
  if (items.length === 0) {
    return (
      <>
        <Form.Item name={[at, "goods_id"]} noStyle rules={[{ required: true }]}>
          <Input aria-label={t("stock.goods")} placeholder={t("stock.goods")} style={{ width: 180 }} />
        </Form.Item>
        <Form.Item name={[at, "sku_id"]} noStyle rules={[{ required: true }]}>
          <Input aria-label={t("stock.sku")} placeholder={t("stock.sku")} style={{ width: 180 }} />
        </Form.Item>
      </>
    );
  }
  return (
    <>
      <Form.Item name={[at, "goods_id"]} noStyle rules={[{ required: true }]}>
        <Select aria-label={t("stock.goods")} placeholder={t("stock.goods")} style={{ width: 220 }} options={items.map((one) => ({ value: one.goods_id, label: one.name }))} />
      </Form.Item>
      <Form.Item name={[at, "sku_id"]} noStyle rules={[{ required: true }]}>
        <Select aria-label={t("stock.sku")} placeholder={t("stock.sku")} style={{ width: 180 }} options={item?.skus.map((sku) => ({ value: sku.sku_id, label: sku.name })) ?? []} />
      </Form.Item>
    </>
  );
}

// StockFields limit how many pieces of a SKU the activity sells.
export function StockFields({ items }: { items: Item[] }) {
  const { t } = useSpeaker();
  const chosen = (Form.useWatch("goods") as string[] | undefined) ?? [];
  const offered = items.filter((item) => chosen.includes(item.goods_id));
  return (
    <>
      <h3 className="wizard-title">{t("stock.title")}</h3>
      <p className="muted">{t("stock.hint")}</p>
      <Form.List name="stock">
        {(fields, { add, remove }) => (
          <>
            {fields.map((field) => (
              <div className="wizard-line" key={field.key}>
                <Sku at={field.name} path={["stock", field.name]} items={offered} />
                <Form.Item name={[field.name, "pieces"]} noStyle rules={[{ required: true }]}>
                  <InputNumber aria-label={t("stock.pieces")} min={0} max={1000000000} suffix={t("wizard.pieces")} style={{ width: 150 }} />
                </Form.Item>
                <Button type="text" icon={<DeleteOutlined />} aria-label={t("wizard.remove")} onClick={() => remove(field.name)} />
              </div>
            ))}
            <Button icon={<PlusOutlined />} onClick={() => add({})}>{t("stock.add")}</Button>
          </>
        )}
      </Form.List>
    </>
  );
}
