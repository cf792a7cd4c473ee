import { App } from "antd";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { createElement } from "react";
import { ProblemView } from "./problem";
import { useSpeaker } from "../text/language";

interface Act<In, Out> {
  // run does it.
  run: (input: In) => Promise<Out>;
  // done is said when it worked.
  done?: string;
  // touches are the keys of what must be asked for again.
  touches: string[];
  then?: (out: Out, input: In) => void;
}

// useAct carries out something that changes data at the server: asks again for what it touched, and says how it went.
export function useAct<In = void, Out = unknown>({ run, done, touches, then }: Act<In, Out>) {
  const { modal, message } = App.useApp();
  const { t } = useSpeaker();
  const client = useQueryClient();
  return useMutation({
    mutationFn: run,
    onSuccess: async (out, input) => {
      if (done) void message.success(done);
      then?.(out, input);
      await Promise.all(touches.map((key) => client.invalidateQueries({ queryKey: [key] })));
    },
    onError: (error) => {
      modal.error({ title: t("act.failed"), content: createElement(ProblemView, { error }), width: 560, icon: null });
    },
  });
}
