import { Button, Skeleton, Table } from "antd";
import type { ColumnsType } from "antd/es/table";
import type { ReactNode } from "react";
import { ProblemView } from "../part/problem";
import { useSpeaker } from "../text/language";
import type { Pages } from "./pages";

interface GridProps<T> {
  // name says what the table lists, to those who hear it.
  name: string;
  columns: ColumnsType<T>;
  rows: readonly T[];
  rowKey: (row: T) => string;
  loading?: boolean;
  empty: ReactNode;
}

// Grid is a table. It scrolls sideways when it is too narrow, also by keyboard.
export function Grid<T extends object>({ name, columns, rows, rowKey, loading, empty }: GridProps<T>) {
  if (loading && rows.length === 0) return <Skeleton className="grid-skeleton" active title={false} paragraph={{ rows: 6 }} />;
  if (rows.length === 0) return <>{empty}</>;
  return (
    <div className="grid" role="region" aria-label={name} tabIndex={0}>
      <Table<T> columns={columns} dataSource={rows} rowKey={rowKey} pagination={false} size="middle" />
    </div>
  );
}

type ListProps<T> = Omit<GridProps<T>, "rows" | "loading"> & { pages: Pages<T> };

// List is a table that is read page by page.
export function List<T extends object>({ pages, ...grid }: ListProps<T>) {
  const { t } = useSpeaker();
  if (pages.isError && pages.rows.length === 0) return <ProblemView error={pages.error} retry={() => void pages.refetch()} />;
  return (
    <>
      <Grid {...grid} rows={pages.rows} loading={pages.isPending} />
      {pages.rows.length > 0 && (
        <div className="list-foot">
          {pages.isError && <ProblemView error={pages.error} retry={() => void pages.fetchNextPage()} />}
          {pages.hasNextPage ? (
            <Button onClick={() => void pages.fetchNextPage()} loading={pages.isFetchingNextPage}>
              {t("list.more")}
            </Button>
          ) : (
            <span className="muted">{t("list.all", { n: pages.rows.length })}</span>
          )}
        </div>
      )}
    </>
  );
}
