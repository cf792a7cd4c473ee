import { createContext, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { en } from "./en";
import { fill } from "./fill";
import { zh } from "./zh";

/** Key names a text. */
export type Key = keyof typeof zh;

/** Language is what the pages speak. */
export type Language = "zh-CN" | "en";

/** Say returns a text with its values filled in. */
export type Say = (key: Key, values?: Record<string, string | number>) => string;

const stored = "kaituan.language";

/** The language for a first visit: the one chosen before, else English for browsers that want it, else Chinese. */
export function firstLanguage(chosen: string | null, wanted: readonly string[]): Language {
  if (chosen === "en" || chosen === "zh-CN") return chosen;
  return wanted[0]?.toLowerCase().startsWith("en") ? "en" : "zh-CN";
}

function remembered(): string | null {
  try {
    return localStorage.getItem(stored);
  } catch {
    return null; // storage is off; the choice lasts as long as the page
  }
}

/** The language now, for the calls to the server. */
export const speech: { language: Language } = { language: "zh-CN" };
if (typeof navigator !== "undefined") speech.language = firstLanguage(remembered(), navigator.languages);

interface Speech {
  language: Language;
  say: Say;
  choose: (language: Language) => void;
}

const Context = createContext<Speech>({ language: "zh-CN", say: (key) => key, choose: () => {} });

/** The pages below speak one language. */
export function Speaking({ children, onChange }: { children: ReactNode; onChange: () => void }) {
  const [language, setLanguage] = useState(speech.language);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const value = useMemo<Speech>(
    () => ({
      language,
      say: (key, values) => fill((language === "en" ? en : zh)[key], values),
      choose: (next) => {
        speech.language = next;
        try {
          localStorage.setItem(stored, next);
        } catch {
          // see remembered
        }
        setLanguage(next);
        onChange();
      },
    }),
    [language, onChange],
  );
  return <Context value={value}>{children}</Context>;
}

/** useSay returns the texts in the visitor's language. */
export const useSay = (): Say => useContext(Context).say;

/** useSpeech returns the language and how to change it. */
export const useSpeech = (): Speech => useContext(Context);
