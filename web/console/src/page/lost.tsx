import { Link } from "react-router";
import { Head } from "../part/head";
import { Vacant } from "../part/vacant";
import { useSpeaker } from "../text/language";

export default function Lost() {
  const { t } = useSpeaker();
  return (
    <>
      <Head title={t("lost.title")} />
      <Vacant title={t("lost.about")} action={<Link to="/">{t("lost.home")}</Link>} />
    </>
  );
}
