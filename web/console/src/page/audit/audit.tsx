import { DatePicker } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { FilterBar, FilterText } from "../../list/filterbar";
import { useFilters } from "../../list/filters";
import { Tabs } from "../../list/tabs";
import { Head } from "../../part/head";
import { useSpeaker } from "../../text/language";
import { AuditTrail, type Side } from "./trail";

const names = ["side", "actor_id", "action", "subject", "from", "to"] as const;

// Audit is the record of every change that an operator made.
export default function Audit() {
  const { t } = useSpeaker();
  const [filters, change] = useFilters(names);
  const { side: chosen, ...sought } = filters;
  const side: Side = chosen === "mall" ? "mall" : "engine";
  const options = [{ value: "engine", label: t("health.engine") }, { value: "mall", label: t("health.mall") }];
  const range: [Dayjs | null, Dayjs | null] = [filters.from ? dayjs(filters.from) : null, filters.to ? dayjs(filters.to) : null];
  return (
    <>
      <Head title={t("nav.audit")} about={t("audit.about")} />
      <Tabs name={t("nav.audit")} value={side} options={options} change={(value) => change({ side: value === "mall" ? value : undefined })} />
      <FilterBar active={Object.keys(sought).length > 0} clear={() => change({ actor_id: undefined, action: undefined, subject: undefined, from: undefined, to: undefined })}>
        <FilterText label={t("audit.subject")} value={filters.subject} change={(subject) => change({ subject })} width={260} />
        <FilterText label={t("audit.action")} value={filters.action} change={(action) => change({ action })} />
        <FilterText label={t("audit.actorid")} value={filters.actor_id} change={(actor_id) => change({ actor_id })} />
        <DatePicker.RangePicker
          aria-label={t("audit.range")}
          showTime={{ format: "HH:mm" }}
          format="YYYY-MM-DD HH:mm"
          allowEmpty={[true, true]}
          value={range}
          onChange={(next) => change({ from: next?.[0]?.toISOString(), to: next?.[1]?.toISOString() })}
        />
      </FilterBar>
      <AuditTrail key={side} side={side} filters={sought} />
    </>
  );
}
