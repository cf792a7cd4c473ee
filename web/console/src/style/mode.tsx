import { createContext, useContext, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";
import { chosenMode, keepMode, type Mode } from "./theme";

interface Look {
  mode: Mode;
  isDark: boolean;
  setMode: (mode: Mode) => void;
}

const LookContext = createContext<Look>({ mode: "auto", isDark: false, setMode: () => undefined });

const system = window.matchMedia("(prefers-color-scheme: dark)");

function watchSystem(changed: () => void): () => void {
  system.addEventListener("change", changed);
  return () => system.removeEventListener("change", changed);
}

// LookProvider knows whether the page is dark and tells the style sheet so.
export function LookProvider({ children }: { children: ReactNode }) {
  const [mode, choose] = useState(chosenMode);
  const systemDark = useSyncExternalStore(watchSystem, () => system.matches);
  const isDark = mode === "auto" ? systemDark : mode === "dark";
  useEffect(() => {
    document.documentElement.dataset.look = isDark ? "dark" : "light";
  }, [isDark]);
  const value = useMemo(() => {
    const setMode = (next: Mode) => {
      keepMode(next);
      choose(next);
    };
    return { mode, isDark, setMode };
  }, [mode, isDark]);
  return <LookContext.Provider value={value}>{children}</LookContext.Provider>;
}

export function useLook(): Look {
  return useContext(LookContext);
}
