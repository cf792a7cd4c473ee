import { PlusOutlined } from "@ant-design/icons";
import { Button } from "antd";
import { Link, useNavigate } from "react-router";
import { engine, take, type Engine } from "../../api/client";
import { mallPartner, usePartnerOptions } from "../../data/reference";
import { FilterBar, FilterChoice } from "../../list/filterbar";
import { useFilters } from "../../list/filters";
import { pageSize, usePages } from "../../list/pages";
import { List } from "../../list/table";
import { Tabs } from "../../list/tabs";
import { Head } from "../../part/head";
import { Ident } from "../../part/ident";
import { State } from "../../part/state";
import { Vacant } from "../../part/vacant";
import { When } from "../../part/value";
import { useMay } from "../../session/session";
import { useSpeaker, type Speaker } from "../../text/language";
import { planText } from "./plan";

type Activity = Engine["Activity"];
const states: Engine["ActivityStatus"][] = ["draft", "published", "paused", "ended", "archived"];

function columns(t: Speaker["t"]) {
  return [
    {
      title: t("activity.name"),
      render: (row: Activity) => (
        <span className="cell-two">
          <Link className="cell-name" to={`/activities/${row.activity_id}`}>
            {row.name}
          </Link>
          <small>
            <Ident id={row.activity_id} />
          </small>
        </span>
      ),
    },
    { title: t("activity.state"), render: (row: Activity) => <State of="activityState" value={row.status} /> },
    { title: t("activity.partner"), dataIndex: "partner_id" },
    {
      title: t("activity.price"),
      render: (row: Activity) => (
        <span className="cell-two">
          {row.rules[0] ? planText(row.rules[0].plan, t) : "–"}
          {row.rules.length > 1 && <small>{t("activity.rules.more", { n: row.rules.length - 1 })}</small>}
        </span>
      ),
    },
    { title: t("activity.size"), render: (row: Activity) => t("activity.size.value", { n: row.team_size || 0 }) },
    { title: t("activity.goods"), render: (row: Activity) => t("activity.goods.value", { n: row.goods.length }) },
    {
      title: t("activity.window"),
      render: (row: Activity) => (
        <span className="cell-two">
          <When at={row.starts_at} />
          <small>
            → <When at={row.ends_at} />
          </small>
        </span>
      ),
    },
    { title: t("activity.updated"), render: (row: Activity) => <When at={row.updated_at} /> },
  ];
}

// Activities lists what was configured, by state.
export default function Activities() {
  const { t, term } = useSpeaker();
  const may = useMay("operator");
  const go = useNavigate();
  const partners = usePartnerOptions();
  const [filters, change] = useFilters(["status", "partner_id"] as const);
  const pages = usePages(["activities", filters], (cursor) =>
    take(engine.GET("/api/groupbuy/admin/v1/activities", {
      params: { query: { ...filters, status: filters.status as Engine["ActivityStatus"] | undefined, cursor, limit: pageSize } },
    })),
  );
  const create = may && (
    <Button type="primary" icon={<PlusOutlined />} onClick={() => void go("/activities/new")}>
      {t("activity.new")}
    </Button>
  );
  const options = [{ value: "", label: t("list.every") }, ...states.map((value) => ({ value, label: term("activityState", value) }))];
  return (
    <>
      <Head title={t("nav.activities")} about={t("activity.about")} actions={create} />
      <Tabs name={t("activity.state")} value={filters.status ?? ""} options={options} change={(status) => change({ status: status as Engine["ActivityStatus"] })} />
      <FilterBar active={filters.partner_id !== undefined} clear={() => change({ partner_id: undefined })}>
        <FilterChoice label={t("activity.partner")} value={filters.partner_id} change={(partner_id) => change({ partner_id })} options={partners} width={220} />
      </FilterBar>
      <List
        name={t("nav.activities")}
        pages={pages}
        columns={columns(t)}
        rowKey={(row) => row.activity_id}
        empty={
          <Vacant
            title={t(filters.status || filters.partner_id ? "list.nothing" : "activity.none")}
            about={t("activity.none.about", { partner: mallPartner })}
            action={create}
          />
        }
      />
    </>
  );
}
