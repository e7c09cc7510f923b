// One of a few: buttons side by side, the chosen one filled.

export function Choice<K extends string>({
  label,
  names,
  chosen,
  choose,
}: {
  label: string;
  names: Readonly<Partial<Record<K, string>>>;
  chosen: K;
  choose: (name: K) => void;
}) {
  return (
    <fieldset className="periods">
      <legend className="hidden">{label}</legend>
      {(Object.entries(names) as [K, string][]).map(([name, text]) => (
        <button key={name} type="button" aria-pressed={name === chosen} onClick={() => choose(name)}>
          {text}
        </button>
      ))}
    </fieldset>
  );
}
