import type { ThemeConfig } from "antd";
import darkAlgorithm from "antd/es/theme/themes/dark";
import defaultAlgorithm from "antd/es/theme/themes/default";

// Mode is how the operator wants the console to look; auto follows the system.
export type Mode = "auto" | "light" | "dark";

const stored = "kaituan.console.mode";

export function chosenMode(): Mode {
  const mode = localStorage.getItem(stored);
  return mode === "light" || mode === "dark" ? mode : "auto";
}

export function keepMode(mode: Mode): void {
  localStorage.setItem(stored, mode);
}

const fontFamily =
  '-apple-system, BlinkMacSystemFont, "Segoe UI", "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif';

// Colours are chosen so that text keeps a contrast of 4.5:1 (WCAG 2.2 AA); antd's own fall short of it.
const shared = { fontFamily, borderRadius: 8, borderRadiusLG: 12, wireframe: false };
const light = {
  ...shared,
  colorPrimary: "#1d4ed8",
  colorInfo: "#1d4ed8",
  colorLink: "#1d4ed8",
  colorSuccess: "#15803d",
  colorSuccessBg: "#e3f5e8",
  colorSuccessBorder: "#a7d9b5",
  colorWarningBg: "#fdf0d9",
  colorWarningBorder: "#ecc98d",
  colorWarning: "#a15c07",
  colorError: "#c81e1e",
  colorBgLayout: "#f4f6f9",
  colorTextSecondary: "#4b5563",
  colorTextTertiary: "#5f6875",
  colorTextQuaternary: "#687080",
  colorTextDescription: "#5f6875",
  colorTextPlaceholder: "#687080",
};
const dark = {
  ...shared,
  colorPrimary: "#3b74f0",
  colorInfo: "#5b93ff",
  colorLink: "#7cacff",
  colorSuccess: "#4cc38a",
  colorSuccessBg: "#12301f",
  colorSuccessBorder: "#23573b",
  colorWarningBg: "#38280d",
  colorWarningBorder: "#5f4518",
  colorWarning: "#e5a84b",
  colorError: "#ff7b72",
  colorBgBase: "#0f1319",
  colorBgContainer: "#151a22",
  colorBgElevated: "#1b212b",
  colorBgLayout: "#0b0e13",
  colorTextSecondary: "#b6bec9",
  colorTextTertiary: "#9aa4b2",
  colorTextQuaternary: "#8b95a3",
  colorTextDescription: "#9aa4b2",
  colorTextPlaceholder: "#8b95a3",
};

// themeOf is antd's theme for a dark or light page. It moves nothing: what waits for the end of a movement, as the mark of a
// button at work does, stays for good when an answer comes before the movement has begun.
export function themeOf(isDark: boolean): ThemeConfig {
  return {
    algorithm: isDark ? darkAlgorithm : defaultAlgorithm,
    token: { ...(isDark ? dark : light), motion: false },
    components: {
      Table: { headerBg: "transparent", headerSplitColor: "transparent", cellPaddingBlock: 11 },
      Button: { primaryShadow: "none", defaultShadow: "none" },
      Descriptions: { itemPaddingBottom: 10 },
    },
  };
}
