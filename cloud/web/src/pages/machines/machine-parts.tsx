// What belongs to a machine: where it stands and stood, its tags, its ideal cycles and its targets.

import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'wouter';
import type { Places } from '../../../../domains/lanes/index.ts';
import type { KitRecord } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.tsx';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useSettings } from '../../shell/settings.ts';
import { useMoment } from '../../shell/zone.ts';
import { edgeWords } from '../edge/edge-words.ts';

const en = {
  places: 'Where it stands',
  place: (lane: string, place: number) => `${lane}, place ${place}`,
  alone: 'In no lane: it stands alone.',
  constraint: 'constraint',
  outfeed: 'outfeed',
  ever: 'the beginning',
  since: (from: string) => `since ${from}`,
  between: (from: string, to: string) => `${from} – ${to}`,
  standards: 'Ideal cycles',
  noStandards: 'None: without an ideal cycle there is no E and no OEE.',
  perPiece: 's a piece',
  perHour: 'pieces an hour',
  from: (day: string) => `from ${day}`,
  newStandard: 'New ideal cycle',
  targets: 'Targets',
  noTargets: 'None.',
  newTarget: 'New target',
  tags: 'Tags',
  noTags: 'No tag is mapped to it.',
  mapTags: 'Map tags',
  toLanes: 'Put it into a lane',
};
const de: typeof en = {
  places: 'Wo sie steht',
  place: (lane, place) => `${lane}, Platz ${place}`,
  alone: 'In keiner Linie: Sie steht allein.',
  constraint: 'Engpass',
  outfeed: 'Auslauf',
  ever: 'Anfang',
  since: (from) => `seit ${from}`,
  between: (from, to) => `${from} – ${to}`,
  standards: 'Ideale Takte',
  noStandards: 'Keine: Ohne idealen Takt gibt es kein E und keine OEE.',
  perPiece: 's je Stück',
  perHour: 'Stück je Stunde',
  from: (day) => `ab ${day}`,
  newStandard: 'Neuer idealer Takt',
  targets: 'Ziele',
  noTargets: 'Keine.',
  newTarget: 'Neues Ziel',
  tags: 'Signale',
  noTags: 'Kein Signal ist ihr zugeordnet.',
  mapTags: 'Signale zuordnen',
  toLanes: 'In eine Linie stellen',
};

/** Newest first; the lists themselves have the rest. */
const SHOWN = 10;

export function MachineParts({ record }: { record: KitRecord }) {
  const access = useAccess();
  return (
    <>
      <Standing record={record} />
      {access.may('tags.read') && <Tags record={record} />}
      {access.may('production-standards.read') && <Standards id={record.id} />}
      {access.may('machine-targets.read') && <Targets id={record.id} />}
    </>
  );
}

function Standing({ record }: { record: KitRecord }) {
  const words = useWords({ en, de });
  const moment = useMoment(true);
  const session = useSession();
  const access = useAccess();
  const plantId = Number(record['plantId']);
  const asked = useQuery({
    queryKey: ['record', 'machines', record.id, 'places'],
    queryFn: ({ signal }) => session.get<Places>(`/machines/${record.id}/places`, signal),
  });
  const said = ({ isConstraint, isOutfeed }: Places['items'][number]): string =>
    [...(isConstraint ? [words.constraint] : []), ...(isOutfeed ? [words.outfeed] : [])].join(', ');
  const time = (at: string | null) => (at === null ? words.ever : moment(at, plantId));
  return (
    <Part
      title={words.places}
      empty={words.alone}
      asked={asked}
      more={
        asked.data?.items.length === 0 &&
        access.may('lanes.update') && <Link href={`/plant-setup/lanes?plant=${plantId}`}>{words.toLanes}</Link>
      }
    >
      {asked.data?.items.map((place) => (
        <li key={place.from}>
          <Link href={`/plant-setup/lanes/${place.laneId}`}>{words.place(place.laneName, place.place)}</Link>
          <span>{said(place)}</span>
          <span className="unit">
            {place.to === null ? words.since(time(place.from)) : words.between(time(place.from), time(place.to))}
          </span>
        </li>
      ))}
    </Part>
  );
}

/** Records of another resource that are this machine's. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller says what the records are
function useOwn<T>(name: string, id: number, sort: string) {
  const session = useSession();
  return useQuery({
    queryKey: ['list', name, 'of machine', id],
    queryFn: ({ signal }) =>
      session.get<{ items: (T & { readonly id: number })[] }>(
        `/${name}?machineId=${id}&limit=${SHOWN}&sort=${sort}`,
        signal,
      ),
  });
}

function Standards({ id }: { id: number }) {
  const words = useWords({ en, de });
  const { format } = useSettings();
  const access = useAccess();
  const asked = useOwn<{
    materialName: string;
    idealCycleS: number | null;
    piecesPerHour: number | null;
    validFrom: string;
  }>('production-standards', id, '-validFrom');
  return (
    <Part
      title={words.standards}
      empty={words.noStandards}
      asked={asked}
      more={
        access.may('production-standards.create') && (
          <Link href={`/plant-setup/production-standards/new?machineId=${id}`}>{words.newStandard}</Link>
        )
      }
    >
      {asked.data?.items.map((standard) => (
        <li key={standard.id}>
          <Link href={`/plant-setup/production-standards/${standard.id}`}>{standard.materialName}</Link>
          <span>
            {format.number(standard.idealCycleS ?? standard.piecesPerHour ?? 0)}{' '}
            <span className="unit">{standard.idealCycleS === null ? words.perHour : words.perPiece}</span>
          </span>
          <span className="unit">{words.from(format.day(standard.validFrom))}</span>
        </li>
      ))}
    </Part>
  );
}

function Targets({ id }: { id: number }) {
  const words = useWords({ en, de });
  const { format } = useSettings();
  const access = useAccess();
  const asked = useOwn<{ targetPercent: number; validFrom: string }>('machine-targets', id, '-validFrom');
  return (
    <Part
      title={words.targets}
      empty={words.noTargets}
      asked={asked}
      more={
        access.may('machine-targets.create') && (
          <Link href={`/plant-setup/machine-targets/new?machineId=${id}`}>{words.newTarget}</Link>
        )
      }
    >
      {asked.data?.items.map((target) => (
        <li key={target.id}>
          <Link href={`/plant-setup/machine-targets/${target.id}`}>{format.number(target.targetPercent)} %</Link>
          <span />
          <span className="unit">{words.from(format.day(target.validFrom))}</span>
        </li>
      ))}
    </Part>
  );
}

function Tags({ record: { id, ...record } }: { record: KitRecord }) {
  const words = useWords({ en, de });
  const { roles } = useWords(edgeWords);
  const access = useAccess();
  const session = useSession();
  const asked = useQuery({
    queryKey: ['list', 'tags', 'of machine', id],
    queryFn: ({ signal }) =>
      session.get<{ items: { id: number; name: string; role: string | null; unit: string | null }[] }>(
        `/tags?machine=${id}&limit=100`,
        signal,
      ),
  });
  return (
    <Part
      title={words.tags}
      empty={words.noTags}
      asked={asked}
      more={
        access.may('tags.map') && (
          <Link href={`/plant-setup/tags?plant=${String(record['plantId'])}`}>{words.mapTags}</Link>
        )
      }
    >
      {asked.data?.items.map((tag) => (
        <li key={tag.id}>
          <span>{tag.name}</span>
          <span>{roles[tag.role ?? '']}</span>
          <span className="unit">{tag.unit}</span>
        </li>
      ))}
    </Part>
  );
}

function Part({
  title,
  empty,
  asked,
  more,
  children,
}: {
  title: string;
  empty: string;
  asked: { data: { items: readonly unknown[] } | undefined; error: Error | null; refetch(): unknown };
  more?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section className="machine-part">
      <h2>{title}</h2>
      {asked.error && !asked.data && <Problem error={asked.error} retry={() => void asked.refetch()} />}
      {asked.data?.items.length === 0 && <p className="unit">{empty}</p>}
      <ul>{children}</ul>
      {more}
    </section>
  );
}
