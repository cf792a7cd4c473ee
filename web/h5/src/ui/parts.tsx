import { useEffect, useId, useRef, type ButtonHTMLAttributes, type ReactNode } from "react";
import { Unreached } from "../api/client";
import { priceParts, yuan } from "../logic/money";
import { Link } from "../router";
import { useSay } from "../text/text";
import { Icon, type IconName } from "./icon";

/** Price is an amount as a price tag. */
export function Price({ fen, size = "m" }: { fen: number; size?: "s" | "m" | "l" | "xl" }) {
  const { whole, decimals } = priceParts(fen);
  return (
    <span className={`price price-${size}`}>
      <span className="price-sign">¥</span>
      {whole}
      {decimals && <span className="price-decimals">{decimals}</span>}
    </span>
  );
}

/** Struck is a price that is not asked for. */
export function Struck({ fen, label }: { fen: number; label: string }) {
  return (
    <s className="struck">
      <span className="sr">{label} </span>¥{yuan(fen).replace(/\.00$/, "")}
    </s>
  );
}

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { look?: "main" | "soft" | "line" | "plain"; busy?: boolean };

/** Button does something here. While busy it keeps its size and takes no second press. */
export function Button({ look = "main", busy = false, className = "", children, onClick, ...rest }: ButtonProps) {
  return (
    <button type="button" className={`button ${look} ${className}`} aria-busy={busy || undefined} onClick={busy ? undefined : onClick} {...rest}>
      {busy && <span className="spinner" aria-hidden="true" />}
      <span className="button-text">{children}</span>
    </button>
  );
}

/** LinkButton leads to another page and looks like a button. */
export function LinkButton({ href, look = "main", children, replace }: { href: string; look?: "main" | "soft" | "line" | "plain"; children: ReactNode; replace?: boolean }) {
  return (
    <Link className={`button ${look}`} href={href} replace={replace}>
      <span className="button-text">{children}</span>
    </Link>
  );
}

/** Note is a full answer in place of what was looked for: nothing there, not allowed, went wrong. */
export function Note({ icon, title, text, children, tone = "wait" }: { icon: IconName; title: string; text?: string; children?: ReactNode; tone?: string }) {
  return (
    <section className={`note ${tone}`}>
      <span className="note-icon">
        <Icon name={icon} />
      </span>
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      {children && <div className="note-actions">{children}</div>}
    </section>
  );
}

/** Failed says that something could not be loaded, and offers to try again. */
export function Failed({ error, retry }: { error: unknown; retry: () => void }) {
  const say = useSay();
  return (
    <Note icon="cloud" title={say("failed_title")} text={say(error instanceof Unreached ? "failed_network" : "failed_server")} tone="bad">
      <Button look="line" onClick={retry}>
        {say("retry")}
      </Button>
    </Note>
  );
}

/** Bones keep the place of what is being loaded. */
export function Bones({ kind, count = 1 }: { kind: "card" | "row" | "product" | "story"; count?: number }) {
  const say = useSay();
  return (
    <div className={`bones-${kind}s`} role="status">
      <span className="sr">{say("loading")}</span>
      {Array.from({ length: count }, (_, n) => (
        <div key={n} className={`bones bones-${kind}`} aria-hidden="true">
          <i /><i /><i />
        </div>
      ))}
    </div>
  );
}

/** Sheet asks for something above the page: from below on a phone, in the middle elsewhere. Esc and the shade close it. */
export function Sheet({ title, onClose, children, foot }: { title: string; onClose: () => void; children: ReactNode; foot?: ReactNode }) {
  const say = useSay();
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      className="sheet"
      aria-labelledby={heading}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="sheet-inside">
        <header>
          <h2 id={heading}>{title}</h2>
          <button type="button" className="icon-button" aria-label={say("close")} onClick={onClose}>
            <Icon name="close" />
          </button>
        </header>
        <div className="sheet-body">{children}</div>
        {foot && <footer>{foot}</footer>}
      </div>
    </dialog>
  );
}

/** Tabs filter a list; the chosen one is in the address, so each is a link. */
export function Tabs<T extends string>({ label, tabs, chosen, href }: { label: string; tabs: readonly { id: T; text: string }[]; chosen: T; href: (id: T) => string }) {
  const current = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    current.current?.parentElement?.parentElement?.scrollTo({ left: current.current.offsetLeft - 80 });
  }, [chosen]);
  return (
    <nav className="tabs" aria-label={label}>
      <ul>
        {tabs.map(({ id, text }) => (
          <li key={id}>
            <TabLink href={href(id)} here={id === chosen} text={text} mark={current} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

function TabLink({ href, here, text, mark }: { href: string; here: boolean; text: string; mark: React.RefObject<HTMLAnchorElement | null> }) {
  return (
    <span ref={here ? (element) => void (mark.current = (element?.firstElementChild as HTMLAnchorElement | null) ?? null) : undefined}>
      <Link href={href} replace aria-current={here ? "page" : undefined}>
        {text}
      </Link>
    </span>
  );
}
