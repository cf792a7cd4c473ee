import { App } from "antd";
import { Ident } from "../../part/ident";
import { useSpeaker } from "../../text/language";

// useSecret shows a new secret, which the server tells only this once.
export function useSecret(): (title: string, secret: string) => void {
  const { modal } = App.useApp();
  const { t } = useSpeaker();
  return (title, secret) => {
    modal.success({
      title,
      width: 560,
      content: (
        <>
          <p>{t("secret.once")}</p>
          <p className="secret"><Ident id={secret} whole /></p>
        </>
      ),
      okText: t("secret.kept"),
    });
  };
}
