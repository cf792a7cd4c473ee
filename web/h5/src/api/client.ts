import createClient from "openapi-fetch";
import { serverTime } from "../logic/servertime";
import { speech } from "../text/text";
import type { components, paths } from "./schema";

export type Schema = components["schemas"];
export type Product = Schema["Product"];
export type ProductView = Schema["ProductView"];
export type Offer = Schema["Offer"];
export type Sku = Schema["Sku"];
export type TeamCard = Schema["TeamCard"];
export type TeamView = Schema["TeamView"];
export type Order = Schema["Order"];
export type OrderView = Schema["OrderView"];
export type OrderInput = Schema["OrderInput"];
export type Problem = Schema["Problem"];

/** Refused is the server's no, with its stable code. */
export class Refused extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.code);
    this.name = "Refused";
    this.problem = problem;
  }
}

/** Unreached is a call that got no answer: the network or the server is away, and what became of it is not known. */
export class Unreached extends Error {
  constructor(cause: unknown) {
    super("no answer", { cause });
    this.name = "Unreached";
  }
}

/** codeOf is the server's code for an error, or empty when it is none of the server's. */
export const codeOf = (error: unknown): string => (error instanceof Refused ? error.problem.code : "");

/** signedOut says whether the caller has to sign in, and repeat the call. */
export const signedOut = (error: unknown): boolean => error instanceof Refused && error.problem.status === 401 && error.problem.code !== "credentials_wrong";

/** lasting says that repeating the call would bring the same no. */
export const lasting = (error: unknown): boolean => error instanceof Refused && error.problem.status < 500 && error.problem.status !== 429;

// Go's Date header has whole seconds, always rounded down.
const dateRounding = 500;

async function timedFetch(request: Request): Promise<Response> {
  request.headers.set("Accept-Language", speech.language);
  const askedAt = Date.now();
  let answer: Response;
  try {
    answer = await fetch(request);
  } catch (cause) {
    throw new Unreached(cause);
  }
  const said = Date.parse(answer.headers.get("Date") ?? "");
  if (!Number.isNaN(said)) serverTime.learn(said + dateRounding, askedAt, dateRounding);
  return answer;
}

/** The shop's API, typed by its specification. */
export const api = createClient<paths>({ fetch: timedFetch });

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** unwrap returns what a call brought, and throws Refused or Unreached for everything else. */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (cause) {
    if (cause instanceof Unreached) throw cause;
    throw new Unreached(cause); // the answer broke off, or is none of ours: a proxy's page, say
  }
  if (answer.response.ok) return answer.data as T;
  const problem = answer.error as Partial<Problem> | undefined;
  if (typeof problem?.code === "string") throw new Refused(problem as Problem);
  throw new Refused({ type: "about:blank", title: "", status: answer.response.status, code: "" });
}
