import { Input, Select } from "antd";
import { useEffect, useState, type ReactNode } from "react";
import { useSpeaker } from "../text/language";

// FilterText is a filter that people type. It is taken with Enter, or when the field is left.
export function FilterText({ label, value, change, width = 220 }: { label: string; value?: string; change: (value?: string) => void; width?: number }) {
  const [text, setText] = useState(value ?? "");
  useEffect(() => setText(value ?? ""), [value]);
  const take = (typed: string) => {
    if (typed.trim() !== (value ?? "")) change(typed.trim() || undefined);
  };
  return (
    <Input
      aria-label={label}
      placeholder={label}
      allowClear
      style={{ width }}
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        if (event.target.value === "") take("");
      }}
      onPressEnter={() => take(text)}
      onBlur={() => take(text)}
    />
  );
}

// FilterChoice is a filter with few values.
export function FilterChoice({ label, value, change, options, width = 160 }: {
  label: string;
  value?: string;
  change: (value?: string) => void;
  options: { value: string; label: string }[];
  width?: number;
}) {
  return (
    <Select
      aria-label={label}
      placeholder={label}
      allowClear
      showSearch={options.length > 8 ? { optionFilterProp: "label" } : false}
      style={{ width }}
      value={value}
      onChange={(next?: string) => change(next)}
      options={options}
    />
  );
}

// FilterBar holds the filters of a list. `clear` takes all of them away.
export function FilterBar({ children, clear, active }: { children: ReactNode; clear: () => void; active: boolean }) {
  const { t } = useSpeaker();
  return (
    <div className="filters" role="search">
      {children}
      {active && (
        <button type="button" className="linklike" onClick={clear}>
          {t("list.clear")}
        </button>
      )}
    </div>
  );
}
