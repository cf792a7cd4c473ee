import { Button } from "antd";
import { useState } from "react";
import { useParams } from "react-router";
import { usePartners } from "../../data/reference";
import { useFilters } from "../../list/filters";
import { Tabs } from "../../list/tabs";
import { Head } from "../../part/head";
import { Ident } from "../../part/ident";
import { useMay } from "../../session/session";
import { useSpeaker } from "../../text/language";
import { Deliveries } from "./deliveries";
import { Endpoints } from "./endpoints";
import { Keys } from "./keys";
import { PartnerForm } from "./partners";

// PartnerPage is one partner: what it signs with, where it is told of events, and what it was told.
export default function PartnerPage() {
  const { id = "" } = useParams();
  const { t } = useSpeaker();
  const may = useMay("admin");
  const [renaming, setRenaming] = useState(false);
  const [filters, change] = useFilters(["tab"] as const);
  const partner = usePartners().data?.find((one) => one.partner_id === id);
  const tab = filters.tab ?? "deliveries";
  const tabs = [
    { value: "deliveries", label: t("partner.deliveries") },
    { value: "endpoints", label: t("partner.endpoints") },
    { value: "keys", label: t("partner.keys") },
  ];
  return (
    <>
      <Head
        title={partner?.name ?? id}
        about={<Ident id={id} whole />}
        back={{ to: "/partners", text: t("nav.partners") }}
        actions={may && partner && <Button onClick={() => setRenaming(true)}>{t("partner.rename")}</Button>}
      />
      <Tabs name={t("partner.parts")} value={tab} options={tabs} change={(value) => change({ tab: value })} />
      {tab === "deliveries" && <Deliveries partner={id} />}
      {tab === "endpoints" && <Endpoints partner={id} />}
      {tab === "keys" && <Keys partner={id} />}
      {renaming && partner && <PartnerForm partner={partner} close={() => setRenaming(false)} />}
    </>
  );
}
