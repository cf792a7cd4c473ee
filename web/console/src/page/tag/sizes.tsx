import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { engine, take } from "../../api/client";
import { minute } from "../../format/time";
import { Section } from "../../part/section";
import { useSpeaker } from "../../text/language";

const Chart = lazy(() => import("../../chart/chart"));

// Sizes draws how many members a tag had from generation to generation.
export function Sizes({ tag }: { tag: string }) {
  const { t } = useSpeaker();
  const { data = [] } = useQuery({
    queryKey: ["tagsizes", tag],
    queryFn: async () => (await take(engine.GET("/api/groupbuy/admin/v1/tags/{tag_id}/sizes", { params: { path: { tag_id: tag }, query: { limit: 100 } } }))).items,
  });
  if (data.length < 2) return null;
  const sizes = data.toReversed();
  return (
    <Section title={t("tag.sizes")}>
      <Suspense>
        <Chart
          label={t("tag.sizes")}
          height={180}
          days={sizes.map((size) => minute(size.built_at))}
          series={[{ name: t("tag.members"), values: sizes.map((size) => size.members), kind: "line", tone: "accent" }]}
        />
      </Suspense>
    </Section>
  );
}
