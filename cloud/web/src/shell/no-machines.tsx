// What a plant without machines says, and the way to its first one for who may make it.

import { Link } from 'wouter';
import { useAccess } from './context.ts';
import { useSettings } from './settings.ts';

export function NoMachines() {
  const { words } = useSettings();
  const access = useAccess();
  return (
    <p className="notice">
      {words.noMachines}{' '}
      {access.may('machines.create') && <Link href="/plant-setup/machines/new">{words.firstMachine}</Link>}
    </p>
  );
}
