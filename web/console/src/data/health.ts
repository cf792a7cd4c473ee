import { useQuery } from "@tanstack/react-query";
import { engine, mall, take, type Engine } from "../api/client";

export type Job = Engine["Job"];
export type Report = Engine["InvariantReport"];
export type Side = "engine" | "mall";

const pace = 10_000;

// useJobs reads what the engine's or the mall's workers do.
export function useJobs(side: Side) {
  return useQuery({
    queryKey: ["jobs", side],
    refetchInterval: pace,
    queryFn: async () => (await take(side === "engine" ? engine.GET("/api/groupbuy/admin/v1/jobs") : mall.GET("/api/mall/admin/v1/jobs"))).items as Job[],
  });
}

// useReport reads what the last look at the invariants found.
export function useReport(side: Side) {
  return useQuery({
    queryKey: ["invariants", side],
    refetchInterval: pace,
    queryFn: async () => (await take(side === "engine" ? engine.GET("/api/groupbuy/admin/v1/invariants") : mall.GET("/api/mall/admin/v1/invariants"))) as Report,
  });
}

// sick lists the jobs that fail now: their last run, or several in a row, ended in an error.
export function sick(jobs: readonly Job[]): Job[] {
  return jobs.filter((job) => job.failures > 0);
}

// backlog is how many rows wait in the jobs whose name has the given part; "1000" stands for at least so many.
export function backlog(jobs: readonly Job[], part: string): number {
  return jobs.filter((job) => job.name.includes(part)).reduce((n, job) => n + Math.max(0, job.backlog), 0);
}
