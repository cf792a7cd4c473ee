import { useMe, useSignOut } from "../api/queries";
import { Link, to } from "../router";
import { useSay, useSpeech } from "../text/text";
import { Icon, type IconName } from "../ui/icon";
import { Bones } from "../ui/parts";
import { Avatar } from "../ui/picture";
import { Shell } from "../ui/shell";
import { useToast } from "../ui/toast";

/** Me is the buyer's own corner. */
export function Me() {
  const say = useSay();
  const { language, choose } = useSpeech();
  const me = useMe();
  const toast = useToast();
  const signOut = useSignOut();
  return (
    <Shell page="me" title={say("me_title")} className="narrow">
      {me.isPending && <Bones kind="row" />}
      {!me.isPending && !me.data && (
        <Link className="me-card" href={to("login", "", { next: to("me") })}>
          <span className="avatar avatar-l tint-0"><Icon name="me" /></span>
          <span><strong>{say("me_login")}</strong><small>{say("me_login_text")}</small></span>
          <Icon name="forward" />
        </Link>
      )}
      {me.data && (
        <div className="me-card">
          <Avatar name={me.data.nickname} size="l" />
          <span><strong>{me.data.nickname}</strong><small>{me.data.login}</small></span>
        </div>
      )}
      <ul className="tiles">
        <Tile icon="wallet" text={say("tab_to_pay")} href={to("orders", "", { tab: "to_pay" })} />
        <Tile icon="teams" text={say("tab_teaming")} href={to("orders", "", { tab: "teaming" })} />
        <Tile icon="box" text={say("tab_to_ship")} href={to("orders", "", { tab: "to_ship" })} />
        <Tile icon="undo" text={say("tab_refunded")} href={to("orders", "", { tab: "refunded" })} />
      </ul>
      <ul className="menu">
        <li><Link href={to("orders")}><Icon name="orders" /><span>{say("orders_title")}</span><Icon name="forward" /></Link></li>
        <li><Link href={to("teams")}><Icon name="teams" /><span>{say("teams_title")}</span><Icon name="forward" /></Link></li>
        <li>
          <button type="button" onClick={() => choose(language === "en" ? "zh-CN" : "en")}>
            <Icon name="globe" /><span>{say("language")}</span><em lang={language === "en" ? "zh-CN" : "en"}>{say("language_other")}</em>
          </button>
        </li>
        <li><a href="/docs"><Icon name="code" /><span>{say("api_docs")}</span><Icon name="forward" /></a></li>
        {me.data && (
          <li>
            <button type="button" onClick={() => signOut.mutate(undefined, { onSettled: () => toast(say("signed_out")) })}>
              <Icon name="exit" /><span>{say("sign_out")}</span>
            </button>
          </li>
        )}
      </ul>
    </Shell>
  );
}

function Tile({ icon, text, href }: { icon: IconName; text: string; href: string }) {
  return (
    <li><Link href={href}><Icon name={icon} /><span>{text}</span></Link></li>
  );
}
