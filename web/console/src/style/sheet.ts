// Stands in for the modules with which antd and its icons write <style> elements (see vite.config.ts). Styles become
// constructed sheets of the document, which `style-src 'self'` allows. The order is theirs: queued sheets first, by
// rising priority, the others behind them, each in the order of arrival.
interface Option {
  prepend?: boolean | "queue";
  priority?: number;
}

interface Entry {
  key: string;
  rank: number;
  css: string;
  sheet: CSSStyleSheet;
  handle: HTMLStyleElement;
}

const appended = Number.MAX_SAFE_INTEGER;
const entries: Entry[] = [];

function rank({ prepend, priority = 0 }: Option): number {
  if (prepend === "queue") return priority;
  return prepend ? Number.MIN_SAFE_INTEGER : appended;
}

function add(key: string, css: string, option: Option): HTMLStyleElement {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  // Callers write attributes on what they get; it never comes into the document.
  const entry = { key, rank: rank(option), css, sheet, handle: document.createElement("style") };
  const behind = entries.findIndex((other) => other.rank > entry.rank);
  const at = behind < 0 ? entries.length : behind;
  entries.splice(at, 0, entry);
  document.adoptedStyleSheets.splice(at, 0, sheet);
  return entry.handle;
}

export function injectCSS(css: string, option: Option = {}): HTMLStyleElement {
  return add("", css, option);
}

export function updateCSS(css: string, key: string, option: Option = {}): HTMLStyleElement {
  const known = entries.find((entry) => entry.key === key);
  if (!known) return add(key, css, option);
  if (known.css !== css) {
    known.css = css;
    known.sheet.replaceSync(css);
  }
  return known.handle;
}

export function removeCSS(key: string): void {
  const at = entries.findIndex((entry) => entry.key === key);
  if (at < 0) return;
  entries.splice(at, 1);
  document.adoptedStyleSheets.splice(at, 1);
}

// What else the replaced modules give; the console has no shadow roots, and warnings are for developers of antd.
export function clearContainerCache(): void {}
export function getShadowRoot(): null {
  return null;
}
export function warningOnce(): void {}
