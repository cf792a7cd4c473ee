import createClient, { type Middleware } from "openapi-fetch";
import type { components as EngineParts, paths as EnginePaths } from "./engine";
import type { components as MallParts, paths as MallPaths } from "./mall";
import { ProblemError, type Problem } from "./problem";

// Engine and Mall name the shapes of the two APIs: Engine["Activity"], Mall["Order"].
export type Engine = EngineParts["schemas"];
export type Mall = MallParts["schemas"];

let language = "zh-CN";

// speak chooses the language of the texts that the server writes.
export function speak(tag: string): void {
  language = tag;
}

const asking: Middleware = {
  onRequest({ request }) {
    request.headers.set("Accept-Language", language);
    return request;
  },
};

export const engine = createClient<EnginePaths>();
engine.use(asking);
export const mall = createClient<MallPaths>();
mall.use(asking);

interface Answer<T> {
  data?: T;
  error?: Problem;
  response: Response;
}

// take waits for an answer and returns its data. Errors: ProblemError, also when the server cannot be reached.
export async function take<T>(asked: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await asked;
  } catch (cause) {
    throw ProblemError.offline(cause);
  }
  if (!answer.response.ok) throw ProblemError.of(answer.error, answer.response);
  return answer.data as T;
}
