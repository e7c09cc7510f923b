// The machines of a plant in their lanes: what each does, since when, and what it makes. One leads to its page.

import { Link } from 'wouter';
import type { MachineFigures } from '../../../../domains/now-figures/index.ts';
import { useWords } from '../../kit/use-words.ts';
import { machineView, type Situation } from '../../now/situation.ts';
import { Banner } from '../../now/strip.tsx';
import type { AccessPlant } from '../../shell/access.ts';
import { duration } from '../../shell/format.ts';
import { NoMachines } from '../../shell/no-machines.tsx';
import { usePlant } from '../../shell/plant.ts';
import { useSettings } from '../../shell/settings.ts';
import { useTitle } from '../../shell/use-title.ts';
import { StateWord, useSituation } from './machine-header.tsx';
import { machineWords } from './machine-words.ts';
import { useFigures } from './use-machine.ts';

export function MachineList() {
  const { words } = useSettings();
  const { plant } = usePlant('one');
  if (!plant) return <p className="notice">{words.noPlants}</p>;
  return <PlantMachines key={plant.id} plant={plant} />;
}

function PlantMachines({ plant }: { plant: AccessPlant }) {
  const words = useWords(machineWords);
  const { words: common } = useSettings();
  const situation = useSituation(plant.id);
  const figures = useFigures(plant.id);
  useTitle(`${words.title} – ${plant.name}`);
  const lanes = situation?.now.lanes.filter(({ machines }) => machines.length > 0);
  return (
    <div className="page machine-list" aria-busy={!situation}>
      <div className="toolbar">
        <h1>{words.title}</h1>
      </div>
      {lanes?.length === 0 && <NoMachines />}
      {situation &&
        lanes?.map((lane) => (
          <section key={lane.id} aria-label={lane.name ?? common.withoutLane}>
            <h2>{lane.name ?? common.withoutLane}</h2>
            <ul>
              {lane.machines.map((machine) => (
                <MachineRow
                  key={machine.id}
                  machine={machine}
                  situation={situation}
                  figures={figures?.find(({ id }) => id === machine.id)}
                />
              ))}
            </ul>
          </section>
        ))}
      {situation && <Banner situation={situation} />}
    </div>
  );
}

function MachineRow({
  machine,
  situation,
  figures,
}: {
  machine: Situation['now']['lanes'][number]['machines'][number];
  situation: Situation;
  figures: MachineFigures | undefined;
}) {
  const words = useWords(machineWords);
  const { words: common, format } = useSettings();
  const view = machineView(situation, machine);
  const { nowMs, now } = situation;
  return (
    <li>
      <Link href={`/machines/${machine.id}`} className={`machine-row look-${view.look}`}>
        <strong className="name">{machine.displayName}</strong>
        <span className="state">
          <StateWord view={view} />
        </span>
        <span className="lasts">{view.since !== null && view.look !== 'no_data' && duration(nowMs - view.since)}</span>
        <span className="unit">
          {view.since !== null &&
            `${common.since} ${format.instant(view.since, { timeZone: now.plant.timeZone, nowMs })}`}
        </span>
        <span className="making">
          {figures?.output?.order ?? (
            <span className="unit">
              {words.order}: {words.orderLess}
            </span>
          )}{' '}
          <span className="unit">{figures?.output?.material?.name}</span>
        </span>
      </Link>
    </li>
  );
}
