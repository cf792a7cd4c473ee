import { lazy, Suspense, useId, useState, type FormEvent } from "react";
import { Refused, type Schema } from "../api/client";
import { useEnter } from "../api/queries";
import { go, safeNext, to, type Place } from "../router";
import { useSay } from "../text/text";
import { Icon } from "../ui/icon";
import { Button } from "../ui/parts";
import { Shell } from "../ui/shell";
import { useToast } from "../ui/toast";

// With the QR code: who types a password needs none.
const ScanPanel = lazy(() => import("../ui/scanpanel").then(({ ScanPanel }) => ({ default: ScanPanel })));

/** A phone does not scan its own screen: the code is shown there to who asks for it. */
const elsewhere = "(min-width: 48em)";

/** Login lets somebody in, and leads on to where they were. */
export function Login({ place }: { place: Place }) {
  const say = useSay();
  const next = safeNext(place.query.get("next"));
  const toast = useToast();
  const [joining, setJoining] = useState(false);
  const [scanning, setScanning] = useState(() => matchMedia(elsewhere).matches);
  const entered = (account: Schema["Account"]) => {
    toast(say("welcome", { name: account.nickname }));
    go(next, { replace: true });
  };
  return (
    <Shell page="login" title={say(joining ? "signup_title" : "login_title")} back={to("home")} className="login">
      <div className="login-head">
        <img src="/favicon.svg" alt="" width="64" height="64" />
        <h2>{say("slogan")}</h2>
        {next !== "/" && <p className="soft">{say("login_continue")}</p>}
      </div>
      <div className="login-ways">
        <div className="login-way">
          <PasswordForm key={String(joining)} joining={joining} entered={entered} />
          <Button look="plain" onClick={() => setJoining(!joining)}>{say(joining ? "to_login" : "to_signup")}</Button>
        </div>
        {scanning ? (
          <Suspense fallback={<div className="panel scan" />}>
            <ScanPanel entered={entered} />
          </Suspense>
        ) : (
          <Button look="line" onClick={() => setScanning(true)}>{say("scan_title")}</Button>
        )}
      </div>
    </Shell>
  );
}

const shortest = 8;

function PasswordForm({ joining, entered }: { joining: boolean; entered: (account: Schema["Account"]) => void }) {
  const say = useSay();
  const enter = useEnter(joining ? "signUp" : "signIn");
  const [problem, setProblem] = useState("");
  const [shown, setShown] = useState(false);
  const problemID = useId();
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (enter.isPending) return;
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    const login = text("login").trim();
    if (!login) return setProblem(say("field_needed", { field: say("login_field") }));
    if (!text("password")) return setProblem(say("field_needed", { field: say("password_field") }));
    if (joining && text("password").length < shortest) return setProblem(say("password_short"));
    setProblem("");
    const nickname = text("nickname").trim();
    enter.mutate(
      { login, password: text("password"), ...(nickname ? { nickname } : {}) },
      {
        onSuccess: ({ account }) => entered(account),
        onError: (error) => setProblem(error instanceof Refused ? [error.problem.title, error.problem.detail].filter(Boolean).join(" ") : say("failed_network")),
      },
    );
  };
  return (
    <form className="panel form" onSubmit={send} noValidate aria-describedby={problem ? problemID : undefined}>
      <label>{say("login_field")}<input name="login" type="text" inputMode="email" autoComplete="username" autoCapitalize="none" spellCheck={false} maxLength={254} required /></label>
      {joining && <label>{say("nickname_field")}<input name="nickname" type="text" autoComplete="nickname" maxLength={30} /></label>}
      <div className="field">
        <label htmlFor="password">{say("password_field")}</label>
        <span className="with-button">
          <input id="password" name="password" aria-describedby={joining ? "password-hint" : undefined} type={shown ? "text" : "password"} autoComplete={joining ? "new-password" : "current-password"} maxLength={128} required />
          <button type="button" className="icon-button" aria-pressed={shown} aria-label={say(shown ? "password_hide" : "password_show")} onClick={() => setShown(!shown)}><Icon name="eye" /></button>
        </span>
        {joining && <small id="password-hint" className="soft">{say("password_hint")}</small>}
      </div>
      <p className="form-problem" id={problemID} role="alert">{problem}</p>
      <button type="submit" className="button main" aria-busy={enter.isPending || undefined}>
        {enter.isPending && <span className="spinner" aria-hidden="true" />}
        <span className="button-text">{say(joining ? "do_signup" : "do_login")}</span>
      </button>
    </form>
  );
}
