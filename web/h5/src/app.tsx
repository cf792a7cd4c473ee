import { Component, lazy, Suspense, useEffect, type ReactNode } from "react";
import { reportFailure, reportView } from "./api/report";
import { Checkout } from "./pages/checkout";
import { Home } from "./pages/home";
import { Login } from "./pages/login";
import { Me } from "./pages/me";
import { Order } from "./pages/order";
import { Orders } from "./pages/orders";
import { PayReturn } from "./pages/payreturn";
import { Product } from "./pages/product";
import { Teams } from "./pages/teams";
import { to, useArrival, usePlace, type Place } from "./router";
import { useSay } from "./text/text";
import { Bones, Button, LinkButton, Note } from "./ui/parts";
import { Shell } from "./ui/shell";

// With the poster and its QR code: who never shares a team needs neither.
const Team = lazy(() => import("./pages/team").then(({ Team }) => ({ default: Team })));

/** App shows the page of the address. */
export function App() {
  const place = usePlace();
  useArrival(place.href);
  useEffect(() => reportView(place.page), [place.page, place.id]);
  return (
    <Boundary key={place.page + place.id}>
      <Suspense fallback={<Opening />}>
        <PageOf place={place} />
      </Suspense>
    </Boundary>
  );
}

function PageOf({ place }: { place: Place }) {
  switch (place.page) {
    case "home":
      return <Home />;
    case "product":
      return <Product key={place.id} id={place.id} wanted={place.query.get("do")} />;
    case "checkout":
      return <Checkout key={place.href} place={place} />;
    case "return":
      return <PayReturn place={place} />;
    case "team":
      return <Team key={place.id} place={place} />;
    case "orders":
      return <Orders place={place} />;
    case "order":
      return <Order key={place.id} place={place} />;
    case "teams":
      return <Teams place={place} />;
    case "me":
      return <Me />;
    case "login":
      return <Login place={place} />;
    case "missing":
      return <Missing />;
  }
}

function Opening() {
  const say = useSay();
  return (
    <Shell page="team" title={say("team_title")} back={to("home")} className="narrow">
      <Bones kind="story" />
    </Shell>
  );
}

function Missing() {
  const say = useSay();
  return (
    <Shell page="missing" title={say("missing_title")} back={to("home")} className="narrow">
      <Note icon="search" title={say("missing_title")} text={say("missing_text")}>
        <LinkButton href={to("home")}>{say("to_home")}</LinkButton>
      </Note>
    </Shell>
  );
}

/** Boundary keeps a broken page from taking everything with it. */
class Boundary extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override componentDidCatch(thrown: unknown) {
    reportFailure(thrown);
  }

  override render() {
    return this.state.broken ? <Crashed /> : this.props.children;
  }
}

function Crashed() {
  const say = useSay();
  return (
    <Shell page="missing" title={say("crashed_title")} back={to("home")} className="narrow">
      <Note icon="cloud" tone="bad" title={say("crashed_title")} text={say("crashed_text")}>
        <Button onClick={() => location.reload()}>{say("reload")}</Button>
      </Note>
    </Shell>
  );
}
