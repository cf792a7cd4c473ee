import { useMutation, useQuery } from "@tanstack/react-query";
import { Button, Form, Input } from "antd";
import { useEffect, useState } from "react";
import { Link, useNavigate } from "react-router";
import { engine, take } from "../api/client";
import { ProblemView } from "../part/problem";
import { useSpeaker } from "../text/language";
import { Gate } from "./gate";
import { useForget } from "./session";

interface First {
  token: string;
  login: string;
  name: string;
  password: string;
}

// takeToken reads the token of the printed link and takes it out of the address, so that it stays in no history.
function takeToken(): string {
  const token = new URLSearchParams(window.location.hash.slice(1)).get("token") ?? "";
  if (token) window.history.replaceState(window.history.state, "", window.location.pathname);
  return token;
}

// Setup makes the first operator with the link that the program printed.
export default function Setup() {
  const { t } = useSpeaker();
  const go = useNavigate();
  const forget = useForget();
  const [token] = useState(takeToken);
  useEffect(() => {
    document.title = `${t("setup.title")} · ${t("app.name")}`;
  }, [t]);
  const setup = useQuery({ queryKey: ["setup"], queryFn: () => take(engine.GET("/api/groupbuy/admin/v1/setup")) });
  const make = useMutation({
    mutationFn: (body: First) => take(engine.POST("/api/groupbuy/admin/v1/setup", { body })),
    onSuccess: async () => {
      await go("/", { replace: true });
      await forget();
    },
  });
  const needed = { required: true, whitespace: true, message: t("wizard.needed") };
  if (setup.data && !setup.data.needed) {
    return (
      <Gate title={t("setup.done")} about={t("setup.done.about")}>
        <Link to="/">{t("login.go")}</Link>
      </Gate>
    );
  }
  return (
    <Gate title={t("setup.title")} about={t("setup.about")}>
      <Form<First> layout="vertical" requiredMark={false} size="large" initialValues={{ token }} onFinish={(values) => make.mutate({ ...values, token: values.token || token })}>
        {!token && (
          <Form.Item name="token" label={t("setup.token")} extra={t("setup.token.hint")} rules={[needed]}>
            <Input autoComplete="off" maxLength={512} />
          </Form.Item>
        )}
        <Form.Item name="login" label={t("login.login")} rules={[{ ...needed, pattern: /^[A-Za-z0-9][A-Za-z0-9_.@-]{1,63}$/, message: t("operator.login.hint") }]}>
          <Input autoComplete="username" maxLength={64} autoFocus />
        </Form.Item>
        <Form.Item name="name" label={t("operator.name")} rules={[needed]}>
          <Input autoComplete="name" maxLength={100} />
        </Form.Item>
        <Form.Item name="password" label={t("login.password")} extra={t("password.rule")} rules={[{ required: true, min: 12, max: 128, message: t("password.rule") }]}>
          <Input.Password autoComplete="new-password" />
        </Form.Item>
        {make.isError && <ProblemView error={make.error} />}
        <Button block type="primary" htmlType="submit" loading={make.isPending} className="gate-go">
          {t("setup.go")}
        </Button>
      </Form>
    </Gate>
  );
}
