import {
  AccountBookOutlined, ApiOutlined, AuditOutlined, BarChartOutlined, ControlOutlined, DashboardOutlined, DollarOutlined,
  GiftOutlined, IdcardOutlined, PayCircleOutlined, RollbackOutlined, SafetyCertificateOutlined, ShoppingOutlined, TagsOutlined, TeamOutlined,
  UserOutlined,
} from "@ant-design/icons";
import type { ReactNode } from "react";
import { NavLink } from "react-router";
import type { Key } from "../text/zh";
import { useSpeaker } from "../text/language";
import mark from "../style/mark.svg";
import { Link } from "react-router";

export interface Place {
  to: string;
  name: Key;
  icon: ReactNode;
}

// places are the pages that the menu leads to, in its groups.
export const places: { group: Key | null; items: Place[] }[] = [
  {
    group: null,
    items: [
      { to: "/", name: "nav.dashboard", icon: <DashboardOutlined /> },
      { to: "/statistics", name: "nav.statistics", icon: <BarChartOutlined /> },
    ],
  },
  {
    group: "nav.group.selling",
    items: [
      { to: "/activities", name: "nav.activities", icon: <GiftOutlined /> },
      { to: "/teams", name: "nav.teams", icon: <TeamOutlined /> },
      { to: "/seats", name: "nav.seats", icon: <IdcardOutlined /> },
      { to: "/tags", name: "nav.tags", icon: <TagsOutlined /> },
    ],
  },
  {
    group: "nav.group.mall",
    items: [
      { to: "/products", name: "nav.products", icon: <ShoppingOutlined /> },
      { to: "/orders", name: "nav.orders", icon: <DollarOutlined /> },
      { to: "/payments", name: "nav.payments", icon: <PayCircleOutlined /> },
      { to: "/refunds", name: "nav.refunds", icon: <RollbackOutlined /> },
      { to: "/bills", name: "nav.bills", icon: <AccountBookOutlined /> },
    ],
  },
  {
    group: "nav.group.system",
    items: [
      { to: "/partners", name: "nav.partners", icon: <ApiOutlined /> },
      { to: "/switches", name: "nav.switches", icon: <ControlOutlined /> },
      { to: "/health", name: "nav.health", icon: <SafetyCertificateOutlined /> },
      { to: "/operators", name: "nav.operators", icon: <UserOutlined /> },
      { to: "/audit", name: "nav.audit", icon: <AuditOutlined /> },
    ],
  },
];

// Nav is the menu. `chosen` is told when a page was picked, for the drawer of narrow windows.
export function Nav({ chosen }: { chosen?: () => void }) {
  const { t } = useSpeaker();
  return (
    <>
      <Link className="brand" to="/" onClick={chosen}>
        <img src={mark} alt="" />
        {t("app.name")}
      </Link>
      <nav className="nav" aria-label={t("nav.label")}>
        {places.map(({ group, items }) => (
          <div key={group ?? "top"}>
            {group && <div className="nav-group">{t(group)}</div>}
            {items.map((place) => (
              <NavLink key={place.to} to={place.to} end={place.to === "/"} onClick={chosen}>
                {place.icon}
                {t(place.name)}
              </NavLink>
            ))}
          </div>
        ))}
      </nav>
    </>
  );
}
