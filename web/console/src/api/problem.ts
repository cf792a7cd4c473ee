// Problem is the body of a refused call, as far as a proxy in between let it through.
export interface Problem {
  title?: string;
  status?: number;
  code?: string;
  detail?: string;
  param?: string;
  faults?: { param: string; value?: string; detail: string }[];
  request_id?: string;
}

// ProblemError is a refused or failed call.
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly problem: Problem;

  constructor(problem: Problem, status: number, options?: ErrorOptions) {
    super(problem.detail || problem.title || problem.code || `HTTP ${status}`, options);
    this.name = "ProblemError";
    this.status = status;
    this.code = problem.code || (status ? `http_${status}` : "offline");
    this.problem = problem;
  }

  // of reads a refused answer. A body that is no problem (a proxy's page) leaves the status alone to tell of it.
  static of(body: unknown, response: Response): ProblemError {
    const problem = typeof body === "object" && body !== null ? (body as Problem) : {};
    const id = problem.request_id ?? response.headers.get("X-Request-Id") ?? undefined;
    return new ProblemError({ ...problem, request_id: id }, response.status);
  }

  // offline is the error of a call that got no answer.
  static offline(cause: unknown): ProblemError {
    return new ProblemError({ code: "offline" }, 0, { cause });
  }
}

// retriable says whether the same question may be answered if it is put again: there was no answer, or the server was
// not able to give one.
export function retriable(error: unknown): boolean {
  if (!(error instanceof ProblemError)) return false;
  return error.status === 0 || error.status === 429 || error.status >= 500;
}
