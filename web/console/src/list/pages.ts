import { useInfiniteQuery } from "@tanstack/react-query";

export interface Page<T> {
  items: T[];
  has_more: boolean;
  next_cursor?: string;
}

export const pageSize = 30;

// usePages reads a list page by page, following its cursor.
export function usePages<T>(key: readonly unknown[], ask: (cursor: string | undefined) => Promise<Page<T>>, refetchInterval?: number) {
  const query = useInfiniteQuery({
    queryKey: key,
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam }) => ask(pageParam),
    getNextPageParam: (last) => (last.has_more ? last.next_cursor : undefined),
    refetchInterval,
  });
  const rows = query.data?.pages.flatMap((page) => page.items) ?? [];
  return { ...query, rows };
}

export type Pages<T> = ReturnType<typeof usePages<T>>;
