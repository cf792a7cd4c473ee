// Tabs are the states of a list, as links would be; the chosen one is in the address.
export function Tabs({ name, value, options, change }: {
  name: string;
  value: string;
  options: { value: string; label: string }[];
  change: (value: string) => void;
}) {
  return (
    <div className="tabs" role="group" aria-label={name}>
      {options.map((option) => (
        <button key={option.value} type="button" aria-pressed={option.value === value} onClick={() => change(option.value)}>
          {option.label}
        </button>
      ))}
    </div>
  );
}
