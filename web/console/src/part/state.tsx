import { useSpeaker } from "../text/language";

type Tone = "good" | "busy" | "warn" | "bad" | "idle" | "gone";

// What each state means for the person who reads it, whatever it is a state of.
const tones: Record<string, Tone> = {
  published: "good", formed: "good", paid: "good", succeeded: "good", delivered: "good", done: "good", matched: "good",
  enabled: "good", on: "good", active: "good", shipped: "good", on_shelf: "good", repaired: "good", resolved: "good", completed: "good",
  forming: "busy", held: "busy", pending: "busy", running: "busy", queued: "busy", teaming: "busy", to_ship: "busy", submitted: "busy",
  waiting: "busy", awaiting_payment: "busy", created: "busy",
  paused: "warn", refunding: "warn", open: "bad", failed: "bad", dead: "bad", disabled: "gone",
  draft: "idle", ended: "gone", archived: "gone", released: "gone", refunded: "gone", closed: "gone", off_shelf: "gone", gone: "gone",
  revoked: "gone",
};

// State is a state with its colour; the words alone say it all.
export function State({ of, value }: { of: string; value: string }) {
  const { term } = useSpeaker();
  return <span className={`state state-${tones[value] ?? "idle"}`}>{term(of, value)}</span>;
}
