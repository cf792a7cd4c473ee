import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

// antd writes its styles into <style> elements, which our Content-Security-Policy (style-src 'self') refuses. Both modules
// through which it does so are replaced by one that uses constructed style sheets, which the policy allows.
const styleWriters = /(@rc-component\/util\/.*\/dynamicCSS|@ant-design\/icons\/.*\/cssUtils)\.js$/;

function strictStyles(): Plugin {
  const ours = fileURLToPath(new URL("src/style/sheet.ts", import.meta.url));
  return {
    name: "strict-styles",
    enforce: "pre",
    async resolveId(source, importer) {
      if (!/dynamicCSS|cssUtils/.test(source) || !importer) return null;
      const found = await this.resolve(source, importer, { skipSelf: true });
      return found && styleWriters.test(found.id) ? ours : found;
    },
  };
}

export default defineConfig({
  base: "/console/",
  plugins: [strictStyles(), react()],
  build: { target: "es2022", chunkSizeWarningLimit: 700, modulePreload: { polyfill: false }, reportCompressedSize: false },
  server: { proxy: { "/api": "http://127.0.0.1:8080" } },
  test: { environment: "node", include: ["test/**/*.test.ts"] },
});
