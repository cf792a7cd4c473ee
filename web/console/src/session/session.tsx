import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useContext } from "react";
import { engine, take, type Engine } from "../api/client";
import { ProblemError } from "../api/problem";

export type Operator = Engine["OperatorAccount"];

const key = ["me"];

// useMe asks who is signed in: null when nobody is.
export function useMe() {
  return useQuery({
    queryKey: key,
    staleTime: 60_000,
    refetchInterval: 300_000,
    queryFn: async (): Promise<Operator | null> => {
      try {
        return await take(engine.GET("/api/groupbuy/admin/v1/operators/me"));
      } catch (error) {
        if (error instanceof ProblemError && error.status === 401) return null;
        throw error;
      }
    },
  });
}

// useForget makes the console ask again who is signed in, as after a session ended.
export function useForget(): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries({ queryKey: key });
}

export const OperatorContext = createContext<Operator | null>(null);

const ranks = { viewer: 0, operator: 1, admin: 2 };

// useMay says whether the operator's role is at least the given one. Buttons that the server would refuse are not drawn.
export function useMay(least: Engine["OperatorRole"]): boolean {
  const me = useContext(OperatorContext);
  return me !== null && ranks[me.role] >= ranks[least];
}
