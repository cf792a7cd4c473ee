import { BulbOutlined, GlobalOutlined, UserOutlined } from "@ant-design/icons";
import { Button, Dropdown } from "antd";
import { lazy, Suspense, useContext, useState } from "react";
import { useNavigate } from "react-router";
import { engine, take } from "../api/client";
import { useAct } from "../part/act";
import { OperatorContext, useForget } from "../session/session";
import { useLook } from "../style/mode";
import type { Mode } from "../style/theme";
import { useSpeaker, type Language } from "../text/language";
import { LanguageSwitchContext } from "../text/switch";

const Password = lazy(() => import("../session/password"));

function LanguageButton() {
  const { t, language } = useSpeaker();
  const change = useContext(LanguageSwitchContext);
  const items = [
    { key: "zh-CN", label: "中文" },
    { key: "en", label: "English" },
  ];
  return (
    <Dropdown trigger={["click"]} menu={{ items, selectedKeys: [language], onClick: ({ key }) => void change(key as Language) }}>
      <Button type="text" icon={<GlobalOutlined />} aria-label={t("shell.language")} />
    </Dropdown>
  );
}

function LookButton() {
  const { t } = useSpeaker();
  const { mode, setMode } = useLook();
  const items = [
    { key: "auto", label: t("look.auto") },
    { key: "light", label: t("look.light") },
    { key: "dark", label: t("look.dark") },
  ];
  return (
    <Dropdown trigger={["click"]} menu={{ items, selectedKeys: [mode], onClick: ({ key }) => setMode(key as Mode) }}>
      <Button type="text" icon={<BulbOutlined />} aria-label={t("shell.look")} />
    </Dropdown>
  );
}

// Tools are the buttons that need nobody signed in.
export function Tools() {
  return (
    <>
      <LanguageButton />
      <LookButton />
    </>
  );
}

// Account is the corner with the operator's name: language, look, password, way out.
export function Account() {
  const { t, term } = useSpeaker();
  const me = useContext(OperatorContext);
  const forget = useForget();
  const go = useNavigate();
  const [changing, setChanging] = useState(false);
  const out = useAct({ run: () => take(engine.DELETE("/api/groupbuy/admin/v1/sessions")), touches: [], then: () => void forget() });
  const items = [
    { key: "who", label: `${me?.login} · ${term("role", me?.role ?? "")}`, disabled: true },
    { key: "account", label: t("account.title") },
    { key: "password", label: t("password.title") },
    { key: "out", label: t("shell.out") },
  ];
  const chosen = ({ key }: { key: string }) => {
    if (key === "out") out.mutate();
    else if (key === "account") void go("/account");
    else setChanging(true);
  };
  return (
    <>
      <Tools />
      <Dropdown trigger={["click"]} menu={{ items, onClick: chosen }}>
        <Button type="text" icon={<UserOutlined />} aria-label={t("shell.account", { name: me?.name ?? "" })}>
          <span className="account-name">{me?.name}</span>
        </Button>
      </Dropdown>
      {changing && (
        <Suspense>
          <Password close={() => setChanging(false)} />
        </Suspense>
      )}
    </>
  );
}
