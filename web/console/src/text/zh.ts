import { shell } from "./zh/shell";
import { selling } from "./zh/selling";
import { mall } from "./zh/mall";
import { system } from "./zh/system";
import { health } from "./zh/health";
import { state } from "./zh/state";

// zh is the first language; its keys are those of every language.
export const zh = { ...shell, ...selling, ...mall, ...system, ...health, ...state };

export type Key = keyof typeof zh;
export type Dictionary = Record<Key, string>;
