import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { newQueryClient } from "./api/queries";
import { watchFailures } from "./api/report";
import { App } from "./app";
import { Speaking } from "./text/text";
import { Toasts } from "./ui/toast";
import "./style/base.css";
import "./style/parts.css";
import "./style/pages.css";

watchFailures();
const client = newQueryClient();
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <Speaking onChange={() => void client.invalidateQueries()}>
        <Toasts>
          <App />
        </Toasts>
      </Speaking>
    </QueryClientProvider>
  </StrictMode>,
);
