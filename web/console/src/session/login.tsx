import { useMutation, useQuery } from "@tanstack/react-query";
import { Button, Form, Input } from "antd";
import { useEffect, useState } from "react";
import { engine, take } from "../api/client";
import { ProblemError } from "../api/problem";
import { ProblemView } from "../part/problem";
import { useSpeaker } from "../text/language";
import { CodeField } from "./codefield";
import { Gate } from "./gate";
import { useForget } from "./session";

interface Credentials {
  login: string;
  password: string;
  code?: string;
}

// asksForCode says whether the password was right and the second factor is what is missing.
function asksForCode(error: unknown): boolean {
  return error instanceof ProblemError && (error.code === "second_factor_required" || error.code === "second_factor_wrong");
}

// Login signs an operator in. The page that was asked for opens behind it.
export default function Login() {
  const { t } = useSpeaker();
  const forget = useForget();
  useEffect(() => {
    document.title = `${t("login.title")} · ${t("app.name")}`;
  }, [t]);
  const setup = useQuery({ queryKey: ["setup"], queryFn: () => take(engine.GET("/api/groupbuy/admin/v1/setup")) });
  const [known, setKnown] = useState<Credentials | null>(null); // whose password is right, and whose code is asked for
  const enter = useMutation({
    mutationFn: (body: Credentials) => take(engine.POST("/api/groupbuy/admin/v1/sessions", { body })),
    onSuccess: forget,
    onError: (error, body) => {
      if (asksForCode(error)) setKnown(body);
    },
  });
  if (known) {
    const missing = enter.error instanceof ProblemError && enter.error.code === "second_factor_required";
    const back = () => {
      setKnown(null);
      enter.reset();
    };
    return (
      <Gate title={t("factor.title")} about={t("factor.ask", { login: known.login })}>
        <Form<{ code: string }> key="code" layout="vertical" requiredMark={false} onFinish={({ code }) => enter.mutate({ ...known, code })} size="large">
          <CodeField label={t("factor.code")} extra={t("factor.code.hint")} />
          {enter.isError && !missing && <ProblemView error={enter.error} />}
          <Button block type="primary" htmlType="submit" loading={enter.isPending} className="gate-go">
            {t("login.go")}
          </Button>
        </Form>
        <p className="gate-help muted">
          {t("factor.lost")} <button type="button" className="linklike" onClick={back}>{t("factor.other")}</button>
        </p>
      </Gate>
    );
  }
  return (
    <Gate title={t("login.title")} about={t("login.about")}>
      <Form<Credentials> layout="vertical" requiredMark={false} onFinish={(values) => enter.mutate(values)} size="large">
        <Form.Item name="login" label={t("login.login")} rules={[{ required: true, message: t("login.login.missing") }]}>
          <Input autoComplete="username" autoFocus maxLength={64} />
        </Form.Item>
        <Form.Item name="password" label={t("login.password")} rules={[{ required: true, message: t("login.password.missing") }]}>
          <Input.Password autoComplete="current-password" maxLength={512} />
        </Form.Item>
        {enter.isError && <ProblemView error={enter.error} />}
        <Button block type="primary" htmlType="submit" loading={enter.isPending} className="gate-go">
          {t("login.go")}
        </Button>
      </Form>
      <p className="gate-help muted">{t(setup.data?.needed ? "login.setup" : "login.help")}</p>
    </Gate>
  );
}
