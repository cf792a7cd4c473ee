import type { ReactNode } from "react";
import { useMe } from "../api/queries";
import { to } from "../router";
import { useSay } from "../text/text";
import { Bones, Failed, LinkButton, Note } from "./parts";

/** Gate shows what is below to who is signed in, and the way to the login to everybody else. */
export function Gate({ here, text, children }: { here: string; text?: string; children: ReactNode }) {
  const say = useSay();
  const me = useMe();
  if (me.isPending) return <Bones kind="story" />;
  if (me.isError) return <Failed error={me.error} retry={() => void me.refetch()} />;
  if (!me.data) {
    return (
      <Note icon="me" title={say("need_login")} text={text ?? say("need_login_text")}>
        <LinkButton href={to("login", "", { next: here })}>{say("do_login")}</LinkButton>
      </Note>
    );
  }
  return children;
}

/** LoginHint tells a visitor who was refused that it may be for not being signed in. */
export function LoginHint() {
  const say = useSay();
  const me = useMe();
  if (me.data !== null) return null;
  return <LinkButton look="line" href={to("login", "", { next: location.pathname + location.search })}>{say("login_and_see")}</LinkButton>;
}
