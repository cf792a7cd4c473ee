import { PlusOutlined } from "@ant-design/icons";
import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { lazy, Suspense, useContext, useState } from "react";
import { Link } from "react-router";
import { engine, take, type Engine } from "../../api/client";
import { Grid } from "../../list/table";
import { Head } from "../../part/head";
import { ProblemView } from "../../part/problem";
import { State } from "../../part/state";
import { Vacant } from "../../part/vacant";
import { When } from "../../part/value";
import { OperatorContext, useMay } from "../../session/session";
import { useSpeaker } from "../../text/language";

const OperatorForm = lazy(() => import("./operatorform"));
type Account = Engine["OperatorAccount"];
const roles: Engine["OperatorRole"][] = ["viewer", "operator", "admin"];

// Operators lists who may use the console, and what each role may do.
export default function Operators() {
  const { t, term } = useSpeaker();
  const may = useMay("admin");
  const me = useContext(OperatorContext);
  const [open, setOpen] = useState<Account | "new" | null>(null);
  const operators = useQuery({ queryKey: ["operators"], enabled: may, queryFn: async () => (await take(engine.GET("/api/groupbuy/admin/v1/operators"))).items });
  const columns = [
    { title: t("operator.name"), render: (row: Account) => <span className="cell-two"><strong>{row.name}{row.operator_id === me?.operator_id && ` (${t("operator.you")})`}</strong><small>{row.login}</small></span> },
    { title: t("operator.role"), render: (row: Account) => term("role", row.role) },
    { title: t("operator.state"), render: (row: Account) => <State of="operatorState" value={row.status} /> },
    { title: t("factor.title"), render: (row: Account) => <State of="factorState" value={row.second_factor ? "on" : "off"} /> },
    { title: t("partner.created"), render: (row: Account) => <When at={row.created_at} /> },
    { title: t("operator.trail"), render: (row: Account) => <Link to={`/audit?actor_id=${row.operator_id}`}>{t("operator.trail.see")}</Link> },
    { title: <span className="unseen">{t("list.actions")}</span>, render: (row: Account) => <Button size="small" onClick={() => setOpen(row)}>{t("operator.change")}</Button> },
  ];
  const create = may && <Button type="primary" icon={<PlusOutlined />} onClick={() => setOpen("new")}>{t("operator.new")}</Button>;
  return (
    <>
      <Head title={t("nav.operators")} about={t("operator.about")} actions={create} />
      <ul className="roles">
        {roles.map((role) => <li key={role} className="card"><strong>{term("role", role)}</strong><p className="muted">{term("role.about", role)}</p></li>)}
      </ul>
      {!may && <Vacant title={t("operator.forbidden")} about={t("operator.forbidden.about")} />}
      {operators.isError && <ProblemView error={operators.error} retry={() => void operators.refetch()} />}
      {may && !operators.isError && <Grid name={t("nav.operators")} columns={columns} rows={operators.data ?? []} rowKey={(row) => row.operator_id} loading={operators.isPending} empty={<Vacant title={t("operator.none")} about={t("operator.none.about")} action={create} />} />}
      {open && <Suspense><OperatorForm operator={open === "new" ? undefined : open} close={() => setOpen(null)} /></Suspense>}
    </>
  );
}
