import { App } from "antd";
import type { ReactNode } from "react";
import { useSpeaker } from "../text/language";

interface Question {
  title: string;
  // What will happen, also to whom.
  about: ReactNode;
  ok: string;
  danger?: boolean;
  run: () => Promise<unknown>;
}

// useConfirm asks before something that cannot be taken back, or that moves money.
export function useConfirm(): (question: Question) => void {
  const { modal } = App.useApp();
  const { t } = useSpeaker();
  return ({ title, about, ok, danger, run }) => {
    modal.confirm({
      title,
      content: about,
      okText: ok,
      cancelText: t("confirm.cancel"),
      okButtonProps: { danger },
      autoFocusButton: "cancel",
      width: 480,
      onOk: () => run().catch(() => undefined), // useAct has told of it
    });
  };
}
