// What belongs to one material: its ideal cycles, its own conversions, its revisions and the next one.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { Link } from 'wouter';
import { FormRow } from '../../kit/field-input.tsx';
import type { KitRecord } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useSettings } from '../../shell/settings.ts';
import { useMoment } from '../../shell/zone.ts';

const en = {
  standards: 'Ideal cycles',
  noStandard: 'No ideal cycle: machines that make this have no OEE.',
  machine: 'Machine',
  operation: 'Operation',
  any: 'any',
  validFrom: 'Valid from',
  cycle: 'Seconds a piece',
  perCount: 'Pieces per count',
  conversions: 'Its own conversions',
  conversion: 'Conversion',
  noConversion: 'None: the general ones hold.',
  revisions: 'Revisions',
  revision: 'Revision',
  since: 'Since',
  note: 'What is different',
  make: 'Make a new revision',
};
const de: typeof en = {
  standards: 'Idealzeiten',
  noStandard: 'Keine Idealzeit: Maschinen, die dies machen, haben keine OEE.',
  machine: 'Maschine',
  operation: 'Arbeitsgang',
  any: 'jeder',
  validFrom: 'Gültig ab',
  cycle: 'Sekunden je Stück',
  perCount: 'Stück je Zählimpuls',
  conversions: 'Eigene Umrechnungen',
  conversion: 'Umrechnung',
  noConversion: 'Keine: Es gelten die allgemeinen.',
  revisions: 'Revisionen',
  revision: 'Revision',
  since: 'Seit',
  note: 'Was anders ist',
  make: 'Neue Revision machen',
};

interface Revision {
  readonly revision: string;
  readonly validFrom: string;
  readonly note: string | null;
}

export function MaterialDetail({ record }: { record: KitRecord }) {
  return (
    <>
      <Standards record={record} />
      <Conversions record={record} />
      <Revisions record={record} />
    </>
  );
}

/** What is loaded beside the record, and again when it changes; nothing where one may not see it. */
function useBeside(record: KitRecord, part: string): readonly unknown[] | undefined {
  const session = useSession();
  const path = part.startsWith('/') ? part.replace('{id}', String(record.id)) : `/materials/${record.id}/${part}`;
  const asked = useQuery({
    queryKey: ['record', 'materials', record.id, part],
    queryFn: ({ signal }) => session.get<{ items: unknown[] }>(path, signal),
  });
  return asked.data?.items;
}

function Part({ title, empty, heads, rows }: { title: string; empty: string; heads: string[]; rows: ReactNode[][] }) {
  return (
    <section className="stack">
      <h2>{title}</h2>
      {rows.length === 0 ? (
        <p className="unit">{empty}</p>
      ) : (
        <table className="compare">
          <thead>
            <tr>
              {heads.map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((cells, at) => (
              <tr key={at}>
                {cells.map((cell, column) => (
                  <td key={heads[column]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Standards({ record }: { record: KitRecord }) {
  const words = useWords({ en, de });
  const { format } = useSettings();
  const path = '/production-standards?materialId={id}&limit=100&sort=-validFrom';
  const items = useBeside(record, path) as readonly KitRecord[] | undefined;
  if (!items) return null;
  const rows = items.map((one) => [
    <Link key="machine" href={`/plant-setup/production-standards/${one.id}`}>
      {String(one['machineName'])}
    </Link>,
    one['operation'] === '' ? words.any : String(one['operation']),
    <span key="from" className="in-one">
      {format.day(String(one['validFrom']))}
    </span>,
    format.number(Number(one['idealCycle'])),
    format.number(Number(one['piecesPerCount'])),
  ]);
  const heads = [words.machine, words.operation, words.validFrom, words.cycle, words.perCount];
  return <Part title={words.standards} empty={words.noStandard} heads={heads} rows={rows} />;
}

function Conversions({ record }: { record: KitRecord }) {
  const words = useWords({ en, de });
  const { format } = useSettings();
  const path = '/unit-conversions?materialId={id}&limit=100';
  const items = useBeside(record, path) as readonly KitRecord[] | undefined;
  if (!items) return null;
  const rows = items.map((one) => [
    <Link key="conversion" href={`/plant-setup/unit-conversions/${one.id}`}>
      {`1 ${String(one['fromUnitName'])} = ${format.number(Number(one['factor']))} ${String(one['toUnitName'])}`}
    </Link>,
  ]);
  return <Part title={words.conversions} empty={words.noConversion} heads={[words.conversion]} rows={rows} />;
}

function Revisions({ record }: { record: KitRecord }) {
  const words = useWords({ en, de });
  const moment = useMoment();
  const access = useAccess();
  const items = (useBeside(record, 'revisions') ?? []) as readonly Revision[];
  const rows = items.map(({ revision, validFrom, note }) => [revision, moment(validFrom), note ?? '–']);
  return (
    <>
      <Part title={words.revisions} empty="" heads={[words.revision, words.since, words.note]} rows={rows} />
      {record.archivedAt === null && access.may('materials.revise') && <NewRevision record={record} />}
    </>
  );
}

function NewRevision({ record }: { record: KitRecord }) {
  const words = useWords({ en, de });
  const session = useSession();
  const queries = useQueryClient();
  const command = useCommand();
  const [revision, setRevision] = useState('');
  const [reason, setReason] = useState('');
  const id = useId();
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    void command.run(async () => {
      const body = { version: record.version, revision: revision.trim(), reason: reason.trim() };
      await session.send('POST', `/materials/${record.id}/revisions`, { body });
      setRevision('');
      setReason('');
      for (const key of ['record', 'history'])
        await queries.invalidateQueries({ queryKey: [key, 'materials', record.id] });
      await queries.invalidateQueries({ queryKey: ['list', 'materials'] });
    });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <FormRow id={`${id}revision`} label={words.revision} required fault={command.faults['revision']}>
        <input
          id={`${id}revision`}
          aria-describedby={`${id}revision-says`}
          required
          maxLength={20}
          value={revision}
          onChange={(event) => setRevision(event.target.value)}
        />
      </FormRow>
      <FormRow id={`${id}reason`} label={words.note} required fault={command.faults['reason']}>
        <input
          id={`${id}reason`}
          aria-describedby={`${id}reason-says`}
          required
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </FormRow>
      {command.error && <Problem error={command.error} />}
      <div className="actions">
        <button type="submit" aria-disabled={command.busy}>
          {words.make}
        </button>
      </div>
    </form>
  );
}
