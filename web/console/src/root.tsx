import { App as Feedback, ConfigProvider } from "antd";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { BrowserRouter } from "react-router";
import { speak } from "./api/client";
import { retriable } from "./api/problem";
import { Boundary } from "./part/boundary";
import { Pages } from "./pages";
import { useLook } from "./style/mode";
import { themeOf } from "./style/theme";
import { choose, load, SpeakerProvider, type Language, type Pack } from "./text/language";
import { LanguageSwitchContext } from "./text/switch";

function newClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { staleTime: 5_000, retry: (count, error) => count < 2 && retriable(error) },
    },
  });
}

// Root dresses the pages: language, theme, the cache of answers and the last resort for errors. Questions and messages
// that stand over a page are drawn by Feedback; what they show may ask the server and lead elsewhere, too.
export function Root({ first }: { first: Pack }) {
  const [pack, setPack] = useState(first);
  const { isDark } = useLook();
  const client = useMemo(newClient, []);
  const theme = useMemo(() => themeOf(isDark), [isDark]);
  speak(pack.language);
  useEffect(() => {
    document.documentElement.lang = pack.language;
  }, [pack]);
  const change = async (language: Language) => {
    choose(language);
    setPack(await load(language));
    client.clear(); // the server's texts are in the old language
  };
  return (
    <SpeakerProvider pack={pack}>
      <LanguageSwitchContext.Provider value={change}>
        <ConfigProvider theme={theme} locale={pack.antd} button={{ autoInsertSpace: false }} wave={{ disabled: true }}>
          <Boundary>
            <QueryClientProvider client={client}>
              <BrowserRouter basename="/console">
                <Feedback>
                  <Pages />
                </Feedback>
              </BrowserRouter>
            </QueryClientProvider>
          </Boundary>
        </ConfigProvider>
      </LanguageSwitchContext.Provider>
    </SpeakerProvider>
  );
}
