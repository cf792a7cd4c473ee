import { shell } from "./en/shell";
import { selling } from "./en/selling";
import { mall } from "./en/mall";
import { system } from "./en/system";
import { health } from "./en/health";
import { state } from "./en/state";
import type { Dictionary } from "./zh";

export const en: Dictionary = { ...shell, ...selling, ...mall, ...system, ...health, ...state };
