// Rows of 32 px in fixed columns. Arrow keys move from row to row, Enter opens the one in focus; while the
// first rows are on their way, empty ones keep their place.

import type { CSSProperties, KeyboardEvent, ReactNode } from 'react';
import { Link } from 'wouter';
import { useWords } from './use-words.ts';
import { kitWords } from './words.ts';

export interface Column<T> {
  readonly key: string;
  readonly label: string;
  /** Any CSS width; without one it shares what is left. */
  readonly width?: string | undefined;
  /** What the list is sorted by when its head is pressed. */
  readonly sort?: string | undefined;
  readonly numeric?: boolean;
  /** In place of the label, such as a box that selects all. */
  readonly head?: ReactNode;
  show(row: T): ReactNode;
}

interface TableProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  /** Undefined while the first rows are on their way. */
  readonly rows: readonly T[] | undefined;
  readonly stale?: boolean;
  readonly sort?: string;
  onSort?(sort: string): void;
  keyOf(row: T): string | number;
  /** Where a row leads; it is on the first column. */
  hrefOf?(row: T): string;
  /** A row that is put aside. */
  isQuiet?(row: T): boolean;
}

const SKELETON_ROWS = Array.from({ length: 12 }, (_, at) => at);

export function ListTable<T>(props: TableProps<T>) {
  const { label, columns, rows, stale = false } = props;
  return (
    <table className={stale ? 'list stale' : 'list'} aria-label={label} aria-busy={rows === undefined}>
      <colgroup>
        {columns.map(({ key, width }) => (
          <col key={key} style={widthsOf(width, columns)} />
        ))}
      </colgroup>
      <thead>
        <tr>
          {columns.map((column) => (
            <Head key={column.key} column={column} sort={props.sort} onSort={props.onSort} />
          ))}
        </tr>
      </thead>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the links inside are what has the focus */}
      <tbody onKeyDown={moveFocus}>
        {rows === undefined
          ? SKELETON_ROWS.map((at) => (
              <tr key={`skeleton ${at}`} className="skeleton">
                <td colSpan={columns.length}>&nbsp;</td>
              </tr>
            ))
          : rows.map((row) => <Row key={props.keyOf(row)} row={row} {...props} />)}
      </tbody>
    </table>
  );
}

/** What a column without a width asks for where there is not room for all, rem. */
const FREE_REM = 14;
const remOf = (width: string | undefined): number => (width === undefined ? FREE_REM : Number.parseFloat(width));

/** Its width where there is room, and its share of the table where there is not; the style sheet chooses. */
function widthsOf(width: string | undefined, all: readonly { readonly width?: string | undefined }[]): CSSProperties {
  const total = all.reduce((sum, one) => sum + remOf(one.width), 0);
  const share = `${((100 * remOf(width)) / total).toFixed(2)}%`;
  return { '--width': width ?? 'auto', '--share': share } as CSSProperties;
}

function Head<T>({
  column,
  sort,
  onSort,
}: {
  column: Column<T>;
  sort: string | undefined;
  onSort: ((sort: string) => void) | undefined;
}) {
  const words = useWords(kitWords);
  const up = column.sort !== undefined && sort === column.sort;
  const down = column.sort !== undefined && sort === `-${column.sort}`;
  const { sort: name } = column;
  return (
    <th
      scope="col"
      className={column.numeric ? 'numeric' : undefined}
      aria-sort={up ? 'ascending' : down ? 'descending' : undefined}
    >
      {name === undefined || !onSort ? (
        (column.head ?? column.label)
      ) : (
        <button type="button" onClick={() => onSort(up ? `-${name}` : name)}>
          {column.label}
          <span aria-hidden="true" className="arrow" title={up ? words.sortedUp : down ? words.sortedDown : undefined}>
            {up ? '↑' : down ? '↓' : ''}
          </span>
        </button>
      )}
    </th>
  );
}

function Row<T>({ row, columns, hrefOf, isQuiet }: TableProps<T> & { row: T }) {
  return (
    <tr className={isQuiet?.(row) ? 'quiet' : undefined}>
      {columns.map((column, at) => {
        const content = column.show(row);
        return (
          <td
            key={column.key}
            className={column.numeric ? 'numeric' : undefined}
            title={typeof content === 'string' && content.length > 12 ? content : undefined}
          >
            {at === 0 && hrefOf ? (
              <Link href={hrefOf(row)} data-row="">
                {content}
              </Link>
            ) : (
              content
            )}
          </td>
        );
      })}
    </tr>
  );
}

/** ↑ ↓ Home End, among the links of the rows. */
function moveFocus(event: KeyboardEvent<HTMLElement>): void {
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row]')];
  const at = links.indexOf(document.activeElement as HTMLElement);
  if (at < 0) return;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: links.length - 1 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  links[Math.min(Math.max(to, 0), links.length - 1)]?.focus();
}
