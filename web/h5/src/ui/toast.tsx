import { createContext, useCallback, useContext, useEffect, useRef, useState, type ReactNode } from "react";

const Context = createContext<(text: string) => void>(() => {});

/** Toasts lets the pages below say something in passing. */
export function Toasts({ children }: { children: ReactNode }) {
  const [text, setText] = useState("");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const toast = useCallback((next: string) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setText(""), 3500);
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <Context.Provider value={toast}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {text && <p className="toast">{text}</p>}
      </div>
    </Context.Provider>
  );
}

/** useToast returns how to say something in passing. */
export const useToast = () => useContext(Context);
