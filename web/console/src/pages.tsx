import { Skeleton } from "antd";
import { lazy, Suspense, useState } from "react";
import { Navigate, Route, Routes, useLocation } from "react-router";
import { ProblemView } from "./part/problem";
import { OperatorContext, useForget, useMe } from "./session/session";
import { Shell } from "./shell/shell";

const Login = lazy(() => import("./session/login"));
const Setup = lazy(() => import("./session/setup"));
const Due = lazy(() => import("./session/due"));
const Dashboard = lazy(() => import("./page/dashboard/dashboard"));
const Statistics = lazy(() => import("./page/statistics/statistics"));
const Activities = lazy(() => import("./page/activity/activities"));
const Activity = lazy(() => import("./page/activity/activity"));
const Wizard = lazy(() => import("./page/activity/wizard"));
const Teams = lazy(() => import("./page/team/teams"));
const Team = lazy(() => import("./page/team/team"));
const Seats = lazy(() => import("./page/seat/seats"));
const Seat = lazy(() => import("./page/seat/seat"));
const Tags = lazy(() => import("./page/tag/tags"));
const Tag = lazy(() => import("./page/tag/tag"));
const Products = lazy(() => import("./page/product/products"));
const Orders = lazy(() => import("./page/order/orders"));
const Order = lazy(() => import("./page/order/order"));
const Payments = lazy(() => import("./page/payment/payments"));
const Refunds = lazy(() => import("./page/refund/refunds"));
const Bills = lazy(() => import("./page/bill/bills"));
const Bill = lazy(() => import("./page/bill/bill"));
const Partners = lazy(() => import("./page/partner/partners"));
const Partner = lazy(() => import("./page/partner/partner"));
const Switches = lazy(() => import("./page/switches/switches"));
const Health = lazy(() => import("./page/health/health"));
const Operators = lazy(() => import("./page/operator/operators"));
const Account = lazy(() => import("./page/account/account"));
const Audit = lazy(() => import("./page/audit/audit"));
const Lost = lazy(() => import("./page/lost"));

function Inside() {
  return (
    <Routes>
      <Route index element={<Dashboard />} />
      <Route path="statistics" element={<Statistics />} />
      <Route path="activities" element={<Activities />} />
      <Route path="activities/new" element={<Wizard />} />
      <Route path="activities/:id" element={<Activity />} />
      <Route path="activities/:id/edit" element={<Wizard />} />
      <Route path="teams" element={<Teams />} />
      <Route path="teams/:id" element={<Team />} />
      <Route path="seats" element={<Seats />} />
      <Route path="seats/:partner/:no" element={<Seat />} />
      <Route path="tags" element={<Tags />} />
      <Route path="tags/:id" element={<Tag />} />
      <Route path="products" element={<Products />} />
      <Route path="orders" element={<Orders />} />
      <Route path="orders/:id" element={<Order />} />
      <Route path="payments" element={<Payments />} />
      <Route path="refunds" element={<Refunds />} />
      <Route path="bills" element={<Bills />} />
      <Route path="bills/:day" element={<Bill />} />
      <Route path="partners" element={<Partners />} />
      <Route path="partners/:id" element={<Partner />} />
      <Route path="switches" element={<Switches />} />
      <Route path="health" element={<Health />} />
      <Route path="operators" element={<Operators />} />
      <Route path="account" element={<Account />} />
      <Route path="audit" element={<Audit />} />
      <Route path="setup" element={<Navigate to="/" replace />} />
      <Route path="index.html" element={<Navigate to="/" replace />} />
      <Route path="*" element={<Lost />} />
    </Routes>
  );
}

// Pages shows the login to those who are not signed in, at the address that they asked for, and the page itself to others.
export function Pages() {
  const me = useMe();
  const forget = useForget();
  // An operator who had to set up a second factor stays with that until the recovery codes are kept, whatever is asked
  // for again meanwhile.
  const [owes, setOwes] = useState(false);
  const due = me.data?.second_factor_due ?? false;
  if (due && !owes) setOwes(true);
  if (me.data === null && owes) setOwes(false);
  const settle = async () => {
    await forget();
    setOwes(false);
  };
  const setup = useLocation().pathname === "/setup";
  if (me.isPending) return <Skeleton active title={false} style={{ padding: 48 }} />;
  if (me.isError && !me.data) {
    return (
      <main className="gate">
        <div className="gate-card">
          <ProblemView error={me.error} retry={() => void me.refetch()} />
        </div>
      </main>
    );
  }
  if (!me.data) {
    return (
      <Suspense fallback={<Skeleton active title={false} style={{ padding: 48 }} />}>
        {setup ? <Setup /> : <Login />}
      </Suspense>
    );
  }
  if (owes) {
    return (
      <Suspense fallback={<Skeleton active title={false} style={{ padding: 48 }} />}>
        <Due done={() => void settle()} leave={() => void forget()} />
      </Suspense>
    );
  }
  return (
    <OperatorContext.Provider value={me.data}>
      <Shell>
        <Inside />
      </Shell>
    </OperatorContext.Provider>
  );
}
