import { useEffect, useRef, useState } from "react";
import type { TeamView } from "../api/client";
import { bestOffer, missing } from "../logic/deal";
import { short } from "../logic/money";
import { to } from "../router";
import { useSay } from "../text/text";
import { drawPoster, type PosterText } from "./poster";
import { Icon } from "./icon";
import { Button, Sheet } from "./parts";
import { useToast } from "./toast";

/** InviteSheet offers every way to bring friends: the system's share, the link, a poster. */
export function InviteSheet({ view, onClose }: { view: TeamView; onClose: () => void }) {
  const say = useSay();
  const toast = useToast();
  const [poster, setPoster] = useState(false);
  const link = location.origin + to("team", view.team.team_id);
  const title = say("share_title", { product: view.product.name, amount: short(bestOffer(view)?.price_fen ?? 0) });
  const text = say("share_text", { n: missing(view.team).people });
  const copy = async () => toast(say((await copyText(`${text} ${link}`)) ? "copied" : "copy_failed"));
  const share = () => void navigator.share({ title, text, url: link }).catch(() => {}); // closing the system's sheet is no failure
  if (poster) return <PosterSheet view={view} link={link} onClose={onClose} />;
  return (
    <Sheet title={say("invite_now")} onClose={onClose}>
      <p className="share-line">{title}</p>
      <p className="share-link mono">{link}</p>
      <div className="share-ways">
        {"share" in navigator && <Button onClick={share}><Icon name="share" /> {say("system_share")}</Button>}
        <Button look={"share" in navigator ? "line" : "main"} onClick={() => void copy()}><Icon name="link" /> {say("copy_link")}</Button>
        <Button look="line" onClick={() => setPoster(true)}><Icon name="picture" /> {say("make_poster")}</Button>
      </div>
    </Sheet>
  );
}

/** copyText copies; pages without https have no clipboard and take the older way. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "sr";
    (document.querySelector("dialog[open]") ?? document.body).append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

function PosterSheet({ view, link, onClose }: { view: TeamView; link: string; onClose: () => void }) {
  const say = useSay();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [address, setAddress] = useState("");
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let made = "";
    let gone = false;
    const offer = bestOffer(view);
    const words: PosterText = {
      brand: say("brand"), slogan: say("slogan"), name: view.product.name, size: say("size_team", { n: view.team.target }),
      price: offer ? `¥${short(offer.price_fen)}` : "", before: offer && offer.deduction_fen > 0 ? `¥${short(offer.original_price_fen)}` : "",
      missing: say("missing_people", { n: missing(view.team).people }), scan: say("poster_scan"),
    };
    drawPoster(canvas.current, words, view.product.pictures[0], link).then(
      (blob) => {
        if (gone) return;
        made = URL.createObjectURL(blob);
        setAddress(made);
      },
      () => setFailed(true),
    );
    return () => {
      gone = true;
      if (made) URL.revokeObjectURL(made);
    };
    // Drawn once: a poster that changes under one's fingers cannot be saved.
  }, []);
  return (
    <Sheet title={say("poster_title")} onClose={onClose}
      foot={<a className={`button main ${address ? "" : "off"}`} href={address || undefined} download={`${view.team.team_id}.png`}><span className="button-text">{say("poster_save")}</span></a>}>
      <canvas ref={canvas} hidden width="750" height="1180" />
      <div className="poster">
        {address && <img src={address} alt={`${view.product.name} ${link}`} width="750" height="1180" />}
        {!address && <p role="status">{say(failed ? "poster_failed" : "loading")}</p>}
      </div>
      <p className="soft centre">{say("poster_hint")}</p>
    </Sheet>
  );
}
