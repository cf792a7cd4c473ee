import { DeleteOutlined, PlusOutlined } from "@ant-design/icons";
import { Button, Form, Input, InputNumber, Modal, Select, Switch } from "antd";
import { mall, take, type Mall } from "../../api/client";
import { useAct } from "../../part/act";
import { YuanInput } from "../../part/yuaninput";
import { useSpeaker } from "../../text/language";

interface ProductDraft {
  product_id: string;
  name: string;
  description: string;
  pictures: string[];
  on: boolean;
  skus: { sku_id: string; name: string; price_fen?: number; stock?: number }[];
}

function SkuFields() {
  const { t } = useSpeaker();
  const rules = [{ required: true, message: t("wizard.needed") }];
  return (
    <Form.List name="skus">
      {(fields, { add, remove }) => (
        <Form.Item label={t("product.skus")} extra={t("product.skus.hint")}>
          {fields.map((field) => (
            <div className="wizard-line" key={field.key}>
              <Form.Item name={[field.name, "sku_id"]} noStyle rules={rules}><Input aria-label={t("stock.sku")} placeholder={t("stock.sku")} style={{ width: 150 }} maxLength={64} /></Form.Item>
              <Form.Item name={[field.name, "name"]} noStyle rules={rules}><Input aria-label={t("product.skuname")} placeholder={t("product.skuname")} style={{ width: 170 }} maxLength={128} /></Form.Item>
              <Form.Item name={[field.name, "price_fen"]} noStyle rules={rules}><YuanInput label={t("product.price")} /></Form.Item>
              <Form.Item name={[field.name, "stock"]} noStyle><InputNumber aria-label={t("product.stock")} placeholder={t("product.stock")} min={0} max={100000000} style={{ width: 110 }} /></Form.Item>
              <Button type="text" icon={<DeleteOutlined />} aria-label={t("wizard.remove")} disabled={fields.length === 1} onClick={() => remove(field.name)} />
            </div>
          ))}
          <Button icon={<PlusOutlined />} onClick={() => add({})}>{t("product.sku.add")}</Button>
        </Form.Item>
      )}
    </Form.List>
  );
}

// ProductForm makes a product, or changes one. Stock that is not touched is not sent, so that a sale in between counts.
export default function ProductForm({ product, close }: { product?: Mall["Product"]; close: () => void }) {
  const { t } = useSpeaker();
  const [form] = Form.useForm<ProductDraft>();
  const before = new Map(product?.skus.map((sku) => [sku.sku_id, sku.stock]));
  const act = useAct({
    run: ({ product_id, on, skus, ...rest }: ProductDraft) => {
      const shelf = on ? ("on_shelf" as const) : ("off_shelf" as const);
      const lines = skus.map(({ stock, price_fen = 0, ...sku }) => ({ ...sku, price_fen, stock: stock === before.get(sku.sku_id) ? undefined : stock }));
      return take(mall.PUT("/api/mall/admin/v1/products/{product_id}", { params: { path: { product_id } }, body: { ...rest, shelf, skus: lines } }));
    },
    done: t("wizard.saved"),
    touches: ["products"],
    then: close,
  });
  const initial: ProductDraft = product ? { ...product, on: product.shelf === "on_shelf" } : { product_id: "", name: "", description: "", pictures: [], on: true, skus: [{ sku_id: "", name: "" }] };
  const needed = [{ required: true, whitespace: true, message: t("wizard.needed") }];
  return (
    <Modal open width={760} title={t(product ? "product.change" : "product.new")} okText={t("wizard.save")} onOk={form.submit} onCancel={close} confirmLoading={act.isPending}>
      <Form<ProductDraft> form={form} layout="vertical" requiredMark="optional" initialValues={initial} onFinish={(values) => act.mutate({ ...values, product_id: product?.product_id ?? values.product_id })}>
        {!product && (
          <Form.Item name="product_id" label={t("product.id")} extra={t("product.id.hint")} rules={[{ required: true, pattern: /^[A-Za-z0-9_.-]{1,64}$/, message: t("product.id.hint") }]}>
            <Input maxLength={64} />
          </Form.Item>
        )}
        <Form.Item name="name" label={t("product.name")} rules={needed}><Input maxLength={128} showCount /></Form.Item>
        <Form.Item name="description" label={t("product.description")}><Input.TextArea rows={3} maxLength={4000} /></Form.Item>
        <Form.Item name="pictures" label={t("product.pictures")} extra={t("product.pictures.hint")}><Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[" "]} /></Form.Item>
        <Form.Item name="on" label={t("product.onshelf")} valuePropName="checked"><Switch /></Form.Item>
        <SkuFields />
      </Form>
    </Modal>
  );
}
