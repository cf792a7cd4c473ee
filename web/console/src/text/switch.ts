import { createContext } from "react";
import type { Language } from "./language";

// LanguageSwitchContext changes the language of the whole console.
export const LanguageSwitchContext = createContext<(language: Language) => Promise<void>>(async () => undefined);
