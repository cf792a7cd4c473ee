import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";

export type Filters<K extends string> = Partial<Record<K, string>>;

// pick reads the named filters of an address; empty ones are left out.
export function pick<K extends string>(params: URLSearchParams, names: readonly K[]): Filters<K> {
  const found: Filters<K> = {};
  for (const name of names) {
    const value = params.get(name)?.trim();
    if (value) found[name] = value;
  }
  return found;
}

// patch gives the address with some filters changed; undefined and "" take one away. Foreign parameters stay.
export function patch(params: URLSearchParams, change: Record<string, string | undefined>): URLSearchParams {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(change)) {
    if (value?.trim()) next.set(name, value.trim());
    else next.delete(name);
  }
  return next;
}

// useFilters keeps a list's filters in the address, so that a list can be sent to a colleague and "back" works.
export function useFilters<K extends string>(names: readonly K[]): [Filters<K>, (change: Filters<K>) => void] {
  const [params, setParams] = useSearchParams();
  const wanted = names.join();
  const filters = useMemo(() => pick(params, wanted.split(",") as K[]), [params, wanted]);
  // What is changed is the address itself: the parameters of the last rendering lack a filter that was set just before.
  const change = useCallback(
    (some: Filters<K>) => setParams(patch(new URLSearchParams(window.location.search), some as Record<string, string | undefined>), { replace: true }),
    [setParams],
  );
  return [filters, change];
}
