import type { ReactNode } from "react";

// Vacant stands where nothing is yet, and says what would be there and how to get it.
export function Vacant({ title, about, action }: { title: ReactNode; about?: ReactNode; action?: ReactNode }) {
  return (
    <div className="vacant">
      <svg viewBox="0 0 96 64" width="96" height="64" aria-hidden="true">
        <rect x="14" y="12" width="68" height="44" rx="8" className="vacant-sheet" />
        <rect x="24" y="24" width="30" height="5" rx="2.5" className="vacant-line" />
        <rect x="24" y="35" width="48" height="5" rx="2.5" className="vacant-line" />
        <circle cx="78" cy="16" r="10" className="vacant-dot" />
        <path d="M78 11.5v9M73.5 16h9" className="vacant-plus" />
      </svg>
      <p className="vacant-title">{title}</p>
      {about && <p>{about}</p>}
      {action && <div className="vacant-action">{action}</div>}
    </div>
  );
}
