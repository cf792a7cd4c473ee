import { Input } from "antd";
import { useEffect, useState } from "react";
import { parseYuan, yuanInput } from "../format/money";

// YuanInput takes an amount in yuan and gives it in fen; what is no amount is undefined and marked.
export function YuanInput({ id, value, onChange, label, width = 130 }: {
  id?: string;
  value?: number;
  onChange?: (fen: number | undefined) => void;
  label?: string;
  width?: number;
}) {
  const [text, setText] = useState(yuanInput(value));
  useEffect(() => {
    setText((now) => (parseYuan(now) === value ? now : yuanInput(value)));
  }, [value]);
  const wrong = text !== "" && parseYuan(text) === undefined;
  return (
    <Input
      id={id}
      aria-label={label}
      prefix="¥"
      inputMode="decimal"
      style={{ width }}
      value={text}
      status={wrong ? "error" : undefined}
      aria-invalid={wrong}
      onChange={(event) => {
        setText(event.target.value);
        onChange?.(parseYuan(event.target.value));
      }}
    />
  );
}
