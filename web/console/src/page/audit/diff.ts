export interface Difference {
  field: string;
  before?: string;
  after?: string;
}

// flat lists the leaves of an object by their path: limits.open. Lists stay whole, people compare them as one.
function flat(value: unknown, path: string, into: Map<string, string>): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [name, inner] of Object.entries(value)) flat(inner, path ? `${path}.${name}` : name, into);
    return;
  }
  if (value !== undefined && path !== "") into.set(path, typeof value === "string" ? value : JSON.stringify(value));
}

// differences lists the fields that a change has touched, in the order of their names.
export function differences(before: unknown, after: unknown): Difference[] {
  const old = new Map<string, string>();
  const now = new Map<string, string>();
  flat(before, "", old);
  flat(after, "", now);
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((field) => old.get(field) !== now.get(field))
    .sort()
    .map((field) => ({ field, before: old.get(field), after: now.get(field) }));
}
