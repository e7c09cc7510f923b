// What a machine still lacks for OEE, over its fields: what is there is quiet, what is missing says so and
// leads to where it is mended.

import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { CheckList } from '../../../../domains/machines/index.ts';
import type { KitRecord } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.tsx';
import { useWords } from '../../kit/use-words.ts';
import type { Access } from '../../shell/access.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useMoment } from '../../shell/zone.ts';
import { UnmappedValues } from '../edge/unmapped-values.tsx';
import { checkWords } from './check-words.ts';

export type Check = CheckList['checks'][number];

/** Agents come, tags and orders too, while one looks. */
const REFETCH_MS = 10_000;

/** The check list, and where values wait for a meaning, the one press that gives it. */
export function MachineLead({ record }: { record: KitRecord }) {
  return (
    <>
      <MachineCheckList record={record} />
      {record.archivedAt === null && <UnmappedValues query={`machine=${record.id}`} />}
    </>
  );
}

function MachineCheckList({ record }: { record: KitRecord }) {
  const session = useSession();
  const words = useWords(checkWords);
  const moment = useMoment(true);
  const access = useAccess();
  const asked = useQuery({
    queryKey: ['record', 'machines', record.id, 'checklist'],
    queryFn: ({ signal }) => session.get<CheckList>(`/machines/${record.id}/checklist`, signal),
    refetchInterval: REFETCH_MS,
  });
  if (asked.error && !asked.data) return <Problem error={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data || record.archivedAt !== null) return null;
  const { checks, open, blocking } = asked.data;
  const plantId = Number(record['plantId']);
  return (
    <section className="check-list" aria-label={words.title}>
      <h2>{words.title}</h2>
      <p>{open === 0 ? words.ready : blocking > 0 ? words.blocked(blocking) : words.advised(open)}</p>
      <ul>
        {checks
          .filter(({ applies }) => applies)
          .map((check) => {
            const { code, done, severity, why, params } = check;
            const href = mends(check, { machineId: record.id, plantId, access });
            return (
              <li key={code} className={done ? 'done' : severity}>
                <CheckGlyph check={check} />
                <span className="kind">{done ? words.done : words[severity]}</span>
                <span>
                  {done ? words.there[code] : words.why[why ?? '']?.(params, (time) => moment(time, plantId))}{' '}
                  {!done && href !== null && <Link href={href}>{words.mend[code]}</Link>}
                </span>
              </li>
            );
          })}
      </ul>
    </section>
  );
}

/** A tick, a cross or an i, each in one stroke; a word stands beside it. */
export function CheckGlyph({ check: { done, severity } }: { check: Check }) {
  const path = done ? 'M4 12.5 9.5 18 20 6.5' : severity === 'blocks' ? 'M6 6 18 18M18 6 6 18' : 'M12 10v8M12 5.5v.6';
  return (
    <svg className="glyph" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={path} fill="none" stroke="currentColor" strokeWidth="2.4" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

/** Where an open point is mended; null where this person cannot. */
export function mends(
  { code, why, params }: Check,
  { machineId, plantId, access }: { machineId: number; plantId: number; access: Access },
): string | null {
  const here = (permission: string, path: string): string | null =>
    access.may(permission) ? `/plant-setup/${path}` : null;
  const ofPlant = `plant=${plantId}`;
  switch (code) {
    case 'agent':
      return here('edge-agents.read', `edge-agents?${ofPlant}`);
    case 'state_tag':
    case 'counts':
    case 'modulus':
      return here('tags.read', `tags?${ofPlant}`);
    case 'state_values':
      return here('state-maps.read', `state-maps?${ofPlant}`);
    case 'ideal_cycle': {
      if (why === 'no_material') return here('machines.update', `machines/${machineId}/edit`);
      const [first] = (params['materials'] ?? []) as { id: number }[];
      return here(
        'production-standards.create',
        `production-standards/new?machineId=${machineId}&materialId=${first?.id}`,
      );
    }
    case 'calendar':
      return here('calendars.read', `calendars?${ofPlant}`);
    case 'lane':
      return here('lanes.read', `lanes/${String(params['laneId'])}`);
    case 'target':
      return here('machine-targets.create', `machine-targets/new?machineId=${machineId}`);
  }
}
