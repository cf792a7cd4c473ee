import { useMutation, useQuery } from "@tanstack/react-query";
import { Button, Form, Input } from "antd";
import { useEffect } from "react";
import { engine, take } from "../api/client";
import { ProblemView } from "../part/problem";
import { useSpeaker } from "../text/language";
import { Gate } from "./gate";
import { useForget } from "./session";

interface Credentials {
  login: string;
  password: string;
}

// Login signs an operator in. The page that was asked for opens behind it.
export default function Login() {
  const { t } = useSpeaker();
  const forget = useForget();
  useEffect(() => {
    document.title = `${t("login.title")} · ${t("app.name")}`;
  }, [t]);
  const setup = useQuery({ queryKey: ["setup"], queryFn: () => take(engine.GET("/api/groupbuy/admin/v1/setup")) });
  const enter = useMutation({
    mutationFn: (body: Credentials) => take(engine.POST("/api/groupbuy/admin/v1/sessions", { body })),
    onSuccess: forget,
  });
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
