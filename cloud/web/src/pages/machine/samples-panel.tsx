// The last step down from a figure: what the tags themselves said in a stretch of time, to the millisecond.

import { useQuery } from '@tanstack/react-query';
import type { Samples } from '../../../../domains/stops/index.ts';
import { Problem } from '../../kit/problem.tsx';
import { useWords } from '../../kit/use-words.ts';
import type { AccessPlant } from '../../shell/access.ts';
import { useSession } from '../../shell/context.ts';
import { useSettings } from '../../shell/settings.ts';
import { machineWords } from './machine-words.ts';
import { msOf } from './window.ts';

type Sample = Samples['items'][number];

interface SamplesPanelProps {
  readonly machineId: number;
  readonly plant: AccessPlant;
  readonly from: string;
  readonly to: string;
}

export function SamplesPanel({ machineId, plant, from, to }: SamplesPanelProps) {
  const words = useWords(machineWords);
  const session = useSession();
  const { format } = useSettings();
  const asked = useQuery({
    queryKey: ['interval-samples', machineId, from, to],
    queryFn: ({ signal }) => session.get<Samples>(`/machines/${machineId}/samples?from=${from}&to=${to}`, signal),
  });
  const time = (instant: string) => format.time(msOf(instant), plant.timeZone);
  const title = words.samplesOf(time(from), time(to));
  if (asked.error) return <Problem error={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data) return null;
  const { before, items, more } = asked.data;
  return (
    <div className="samples">
      <h4>{title}</h4>
      {items.length === 0 && <p>{words.noSamples}</p>}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls, and keys must reach that */}
      <section className="scroll" tabIndex={0} aria-label={title}>
        <table>
          <thead>
            <tr>
              {[words.at, words.tag, words.value, words.quality].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {before.map((sample) => (
              <Row key={sample.tagId} sample={sample} plant={plant} held />
            ))}
            {items.map((sample) => (
              <Row key={`${sample.tagId} ${sample.time}`} sample={sample} plant={plant} />
            ))}
          </tbody>
        </table>
      </section>
      {more && <p className="unit">{words.moreSamples}</p>}
    </div>
  );
}

function Row({ sample, plant, held = false }: { sample: Sample; plant: AccessPlant; held?: boolean }) {
  const words = useWords(machineWords);
  const { format } = useSettings();
  const { tag, time, value, unit, status } = sample;
  const ms = msOf(time);
  const fraction = String(((ms % 1_000) + 1_000) % 1_000).padStart(3, '0');
  return (
    <tr className={held ? 'held' : undefined}>
      <td>
        {format.time(ms, plant.timeZone)}.{fraction} {held && <span className="unit">{words.heldBefore}</span>}
      </td>
      <td>{tag}</td>
      <td>
        {typeof value === 'number' ? format.number(value) : (value ?? '–')} <span className="unit">{unit}</span>
      </td>
      <td>{status >>> 30 === 2 ? words.badQuality : words.goodQuality}</td>
    </tr>
  );
}
