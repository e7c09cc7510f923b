// The page of one machine: what it does now; its time, pieces and alarms on one axis; its stops, and why; where
// the time went; what was measured; who changed what.

import { useState } from 'react';
import { Link } from 'wouter';
import { History } from '../../kit/history.tsx';
import { Problem } from '../../kit/problem.tsx';
import { useNow } from '../../kit/use-now.ts';
import { useWords } from '../../kit/use-words.ts';
import type { AccessPlant } from '../../shell/access.ts';
import { useAccess } from '../../shell/context.ts';
import { useSettings } from '../../shell/settings.ts';
import { useTitle } from '../../shell/use-title.ts';
import { machinesPage } from '../machines/machines.ts';
import { MachineHeader } from './machine-header.tsx';
import { MachineParts } from './machine-parts.tsx';
import { machineWords } from './machine-words.ts';
import { type Machine, useFigures, useRecord } from './use-machine.ts';
import type { TimeWindow } from './window.ts';

const HOUR_MS = 3_600_000;
/** Without a shift, the hours before now that say what goes on. */
const USUAL_HOURS = 8;

export function MachinePage({ id }: { id: number }) {
  const words = useWords(machineWords);
  const { words: common } = useSettings();
  const { plants } = useAccess();
  const asked = useRecord(id);
  if (asked.error) return <Problem error={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data)
    return (
      <div className="page oee machine" aria-busy="true">
        <p className="oee-waiting">{common.loading} …</p>
      </div>
    );
  const plant = plants.find((one) => one.id === asked.data.plantId);
  if (!plant) return <p className="notice">{words.gone}</p>;
  return <OfMachine key={id} machine={asked.data} plant={plant} />;
}

function OfMachine({ machine, plant }: { machine: Machine; plant: AccessPlant }) {
  const words = useWords(machineWords);
  const access = useAccess();
  const nowMs = useNow();
  const figures = useFigures(plant.id);
  const mine = figures?.find(({ id }) => id === machine.id);
  useTitle(`${machine.displayName} – ${words.title}`);
  const [opened] = useState(nowMs);
  const end = Math.ceil(opened / HOUR_MS) * HOUR_MS;
  const usual: TimeWindow = mine?.shift ?? { from: end - USUAL_HOURS * HOUR_MS, to: end };
  return (
    <div className="page oee machine" aria-busy={figures === undefined}>
      <p className="crumbs">
        <Link href={`/machines?plant=${plant.id}`}>{words.title}</Link>
      </p>
      <header className="toolbar">
        <h1>{machine.displayName}</h1>
        {access.may('machines.read') && <Link href={`/plant-setup/machines/${machine.id}`}>{words.record}</Link>}
      </header>
      <MachineHeader machineId={machine.id} plantId={plant.id} figures={mine} />
      {figures && (
        <MachineParts
          machine={machine}
          plant={plant}
          usual={{ from: usual.from, to: usual.to }}
          hasShift={(mine?.shift ?? null) !== null}
          nowMs={nowMs}
        />
      )}
      {access.may('machines.read') && <History page={machinesPage} id={machine.id} plantId={plant.id} />}
    </div>
  );
}
