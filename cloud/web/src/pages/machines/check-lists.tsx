// The check lists of all machines of a plant at a glance: a row a machine, a column a point.

import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { CheckList } from '../../../../domains/machines/index.ts';
import { Toolbar } from '../../kit/list-toolbar.tsx';
import { Problem } from '../../kit/problem.tsx';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { NoMachines } from '../../shell/no-machines.tsx';
import { usePlant } from '../../shell/plant.ts';
import { useTitle } from '../../shell/use-title.ts';
import { useMoment } from '../../shell/zone.ts';
import { CheckGlyph, mends } from './check-list.tsx';
import { checkWords } from './check-words.ts';

/** Agents come and go while one looks. */
const REFETCH_MS = 15_000;

export function CheckListsPage() {
  const words = useWords(checkWords);
  const session = useSession();
  const access = useAccess();
  const moment = useMoment(true);
  const { id: plantId } = usePlant('one');
  useTitle(words.glance);
  const asked = useQuery({
    queryKey: ['list', 'machine-checklists', plantId],
    queryFn: ({ signal }) => session.get<{ items: CheckList[] }>(`/machine-checklists?plant=${plantId}`, signal),
    enabled: plantId !== null,
    refetchInterval: REFETCH_MS,
  });
  const items = asked.data?.items;
  return (
    <div className="page" aria-busy={items === undefined && !asked.error}>
      <Toolbar title={words.glance} />
      <p className="unit">{words.glanceHint}</p>
      {asked.error && !items && <Problem error={asked.error} retry={() => void asked.refetch()} />}
      {items?.length === 0 && <NoMachines />}
      {items && items.length > 0 && (
        <div className="matrix">
          <table className="checks">
            <thead>
              <tr>
                <th scope="col">{words.machine}</th>
                {items[0]?.checks.map(({ code }) => (
                  <th key={code} scope="col">
                    {words.names[code]}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {items.map((item) => (
                <tr key={item.machineId}>
                  <th scope="row">
                    <Link href={`/plant-setup/machines/${item.machineId}`}>{item.displayName}</Link>
                  </th>
                  {item.checks.map((check) => {
                    const { code, done, severity, why, params } = check;
                    const text = done
                      ? words.there[code]
                      : words.why[why ?? '']?.(params, (time) => moment(time, plantId));
                    const href = done
                      ? null
                      : mends(check, { machineId: item.machineId, plantId: plantId ?? 0, access });
                    const word = done ? words.done : words[severity];
                    if (!check.applies)
                      return (
                        <td key={code} className="done">
                          –
                        </td>
                      );
                    return (
                      <td key={code} className={done ? 'done' : severity} title={text}>
                        <CheckGlyph check={check} /> {href === null ? word : <Link href={href}>{word}</Link>}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}
