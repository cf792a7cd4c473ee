import { defineConfig } from "vite";

// The program serves the pages at `/` and their hashed files at /assets/, which it lets browsers keep for ever.
export default defineConfig({
  base: "/",
  oxc: { jsx: { runtime: "automatic" } },
  build: {
    target: ["chrome100", "safari15.4", "firefox100"],
    modulePreload: { polyfill: false }, // it would be an inline-like extra; every browser of the target preloads
    assetsInlineLimit: 0, // no data: addresses, so that the policy allows none
    chunkSizeWarningLimit: 600, // size.mjs holds the budget
    reportCompressedSize: false,
    rolldownOptions: {
      // Libraries say "use client" for servers that draw React; there is none here.
      onLog: (level, log, handle) => void (log.code === "MODULE_LEVEL_DIRECTIVE" || handle(level, log)),
    },
  },
  server: {
    proxy: Object.fromEntries(["/api", "/sandbox", "/docs", "/openapi"].map((path) => [path, "http://localhost:8080"])),
  },
  test: { include: ["test/**/*.test.ts"], environment: "node" },
});
