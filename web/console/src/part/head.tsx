import { ArrowLeftOutlined } from "@ant-design/icons";
import { useEffect, type ReactNode } from "react";
import { Link } from "react-router";
import { useSpeaker } from "../text/language";

interface HeadProps {
  title: string;
  about?: ReactNode;
  back?: { to: string; text: string };
  actions?: ReactNode;
  // The state or another small mark beside the title.
  mark?: ReactNode;
}

// Head is the top of a page. Its title is the window's too.
export function Head({ title, about, back, actions, mark }: HeadProps) {
  const { t } = useSpeaker();
  useEffect(() => {
    document.title = `${title} · ${t("app.name")}`;
  }, [title, t]);
  return (
    <header className="head">
      <div className="head-words">
        {back && (
          <Link className="head-back" to={back.to}>
            <ArrowLeftOutlined aria-hidden /> {back.text}
          </Link>
        )}
        <h1>
          {title} {mark}
        </h1>
        {about && <p>{about}</p>}
      </div>
      {actions && <div className="head-actions">{actions}</div>}
    </header>
  );
}
