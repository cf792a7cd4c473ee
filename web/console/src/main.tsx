import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { watchFailures } from "./api/report";
import { Root } from "./root";
import { LookProvider } from "./style/mode";
import { load, preferred } from "./text/language";
import "./style/base.css";

async function start(): Promise<void> {
  const pack = await load(preferred());
  createRoot(document.getElementById("root")!).render(
    <StrictMode>
      <LookProvider>
        <Root first={pack} />
      </LookProvider>
    </StrictMode>,
  );
}

watchFailures();
void start();
