import { createContext, useContext, useMemo, type ReactNode } from "react";
import type { Locale } from "antd/es/locale";
import { span } from "../format/time";
import type { Dictionary, Key } from "./zh";

// Language is what the console can be read in.
export type Language = "zh-CN" | "en";

// Pack is everything that is written in one language.
export interface Pack {
  language: Language;
  texts: Dictionary;
  antd: Locale;
}

const stored = "kaituan.console.language";

// preferred is what the operator chose last, or else the first language of the browser that we have; Chinese otherwise.
export function preferred(asked: readonly string[] = navigator.languages): Language {
  const chosen = localStorage.getItem(stored);
  if (chosen === "zh-CN" || chosen === "en") return chosen;
  for (const tag of asked) {
    if (tag.startsWith("zh")) return "zh-CN";
    if (tag.startsWith("en")) return "en";
  }
  return "zh-CN";
}

// choose keeps the language for the next visit too.
export function choose(language: Language): void {
  localStorage.setItem(stored, language);
}

// load fetches a language; only one of them is loaded.
export async function load(language: Language): Promise<Pack> {
  const pack = language === "en" ? await import("./packen") : await import("./packzh");
  return { language, texts: pack.texts, antd: pack.antd };
}

// fill puts values in the places of a text: "{n} teams".
export function fill(text: string, values?: Record<string, string | number>): string {
  if (!values) return text;
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

export interface Speaker {
  language: Language;
  // t is the text of a key.
  t: (key: Key, values?: Record<string, string | number>) => string;
  // term is the text of prefix.code, such as a state; the bare code when the server knows more than we do.
  term: (prefix: string, code: string) => string;
  // length says how long something took, or takes.
  length: (milliseconds: number) => string;
}

const SpeakerContext = createContext<Speaker | null>(null);

function speaker({ language, texts }: Pack): Speaker {
  const t: Speaker["t"] = (key, values) => fill(texts[key], values);
  const term: Speaker["term"] = (prefix, code) => (texts as Record<string, string>)[`${prefix}.${code}`] ?? code;
  const length: Speaker["length"] = (milliseconds) => {
    const { value, unit } = span(milliseconds);
    return fill(term("span", unit), { n: value });
  };
  return { language, t, term, length };
}

export function SpeakerProvider({ pack, children }: { pack: Pack; children: ReactNode }) {
  const value = useMemo(() => speaker(pack), [pack]);
  return <SpeakerContext.Provider value={value}>{children}</SpeakerContext.Provider>;
}

// useSpeaker gives the texts of the chosen language.
export function useSpeaker(): Speaker {
  const value = useContext(SpeakerContext);
  if (!value) throw new Error("useSpeaker outside of SpeakerProvider");
  return value;
}
