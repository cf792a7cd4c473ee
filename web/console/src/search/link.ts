// The pages that an id can be opened at, by the prefix that ids of each kind have.
const pages: [RegExp, (id: string) => string][] = [
  [/^act_/, (id) => `/activities/${id}`],
  [/^team_/, (id) => `/teams/${id}`],
  [/^tag_/, (id) => `/tags/${id}`],
  [/^ord_/, (id) => `/orders/${id}`],
  [/^pay_/, (id) => `/payments?payment_id=${id}`],
  [/^op_/, () => "/operators"],
  [/^\d{4}-\d\d-\d\d$/, (day) => `/bills/${day}`],
];

// linkOf is the page of an id that says what it is; null for a partner's own ids, which have no prefix.
export function linkOf(id: string): string | null {
  for (const [pattern, page] of pages) if (pattern.test(id)) return page(encodeURIComponent(id));
  return null;
}
