import { useEffect, useState, type ReactNode } from "react";
import { useMe } from "../api/queries";
import { Link, goBack, to, type Page } from "../router";
import { useSay } from "../text/text";
import { Icon, type IconName } from "./icon";
import { useToast } from "./toast";

const places: readonly { page: Page; icon: IconName; text: "nav_home" | "nav_teams" | "nav_orders" | "nav_me" }[] = [
  { page: "home", icon: "home", text: "nav_home" },
  { page: "teams", icon: "teams", text: "nav_teams" },
  { page: "orders", icon: "orders", text: "nav_orders" },
  { page: "me", icon: "me", text: "nav_me" },
];

interface Frame {
  page: Page | "missing";
  title: string; // of the document, and of the page unless it has another heading
  heading?: string;
  back?: string; // where Back leads for who came straight here; left out on the four main pages
  bar?: ReactNode; // what stands at the bottom of a phone's screen in place of the four places
  className?: string;
  children: ReactNode;
}

/** Shell is what stands around every page: the four places, the title, what is at the bottom. */
export function Shell({ page, title, heading = title, back, bar, className = "", children }: Frame) {
  const say = useSay();
  useEffect(() => {
    document.title = page === "home" ? `${say("brand")} · ${say("slogan")}` : `${title} · ${say("brand")}`;
  }, [page, title, say]);
  return (
    <div className={`shell ${back === undefined ? "top-level" : "inner"} ${bar ? "with-bar" : ""}`}>
      <a className="skip" href="#main">{say("skip")}</a>
      <header className="head">
        <div className="head-inside">
          {back !== undefined && (
            <button type="button" className="icon-button head-back" aria-label={say("back")} onClick={() => goBack(back)}>
              <Icon name="back" />
            </button>
          )}
          <Link className="brand" href={to("home")}>
            <img src="/favicon.svg" alt="" width="28" height="28" />
            <span>{say("brand")}</span>
          </Link>
          <h1 className="head-title">{page === "home" ? say("brand") : heading}</h1>
          <Places page={page} className="head-places" />
        </div>
        <Network />
      </header>
      <main id="main" tabIndex={-1} className={className}>{children}</main>
      {bar ? <div className="bar">{bar}</div> : back === undefined && <Places page={page} className="foot-places" />}
    </div>
  );
}

function Places({ page, className }: { page: Page | "missing"; className: string }) {
  const say = useSay();
  const me = useMe().data;
  return (
    <nav className={className} aria-label={say("nav_label")}>
      <ul>
        {places.map((place) => (
          <li key={place.page}>
            <Link href={to(place.page)} aria-current={page === place.page ? "page" : undefined}>
              <Icon name={place.icon} />
              <span>{place.page === "me" && className === "head-places" && me ? me.nickname : say(place.text)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

/** Network says that the phone is offline, and when it is not any more. */
function Network() {
  const say = useSay();
  const toast = useToast();
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const up = () => {
      setOnline(true);
      toast(say("online_again"));
    };
    const down = () => setOnline(false);
    addEventListener("online", up);
    addEventListener("offline", down);
    return () => {
      removeEventListener("online", up);
      removeEventListener("offline", down);
    };
  }, [say, toast]);
  return (
    <div role="status">{!online && <p className="network"><Icon name="cloud" /> {say("offline")}</p>}</div>
  );
}
