import { MenuOutlined, SearchOutlined } from "@ant-design/icons";
import { Button, Drawer, Skeleton } from "antd";
import { lazy, Suspense, useEffect, useRef, useState, type ReactNode } from "react";
import { useLocation } from "react-router";
import { useSpeaker } from "../text/language";
import { Nav } from "./nav";
import { Account } from "./account";

const Seek = lazy(() => import("../search/seek"));

// typing says whether a key pressed there is part of a text.
function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

// useSeekKeys opens the search with "/" or Ctrl+K.
function useSeekKeys(open: () => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const slash = event.key === "/" && !typing(event.target) && !event.ctrlKey && !event.metaKey;
      const control = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
      if (!slash && !control) return;
      event.preventDefault();
      open();
    };
    window.addEventListener("keydown", pressed);
    return () => window.removeEventListener("keydown", pressed);
  }, [open]);
}

// Shell surrounds every page of those who are signed in.
export function Shell({ children }: { children: ReactNode }) {
  const { t } = useSpeaker();
  const [menu, setMenu] = useState(false);
  const [seeking, setSeeking] = useState(false);
  const open = useRef(() => setSeeking(true)).current;
  useSeekKeys(open);
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  useEffect(() => {
    void window.scrollTo(0, 0); // newer browsers return a promise, which is no clean-up
  }, [pathname]);
  return (
    <div className="shell">
      <a className="skip" href="#main" onClick={(event) => { event.preventDefault(); main.current?.focus(); }}>
        {t("shell.skip")}
      </a>
      <aside className="side side-fixed">
        <Nav />
      </aside>
      <div>
        <div className="top">
          <Button className="top-burger" type="text" icon={<MenuOutlined />} aria-label={t("nav.label")} onClick={() => setMenu(true)} />
          <button type="button" className="seeker" onClick={open}>
            <SearchOutlined aria-hidden /> <span className="seeker-text">{t("seek.open")}</span> <kbd>Ctrl K</kbd>
          </button>
          <div className="top-space" />
          <Account />
        </div>
        <main className="main" id="main" ref={main} tabIndex={-1}>
          <Suspense fallback={<Skeleton active title={false} />}>{children}</Suspense>
        </main>
      </div>
      <Drawer open={menu} onClose={() => setMenu(false)} placement="left" size={260} aria-label={t("nav.label")} styles={{ body: { padding: 12 } }}>
        <Nav chosen={() => setMenu(false)} />
      </Drawer>
      {seeking && (
        <Suspense>
          <Seek close={() => setSeeking(false)} />
        </Suspense>
      )}
    </div>
  );
}
