// Paired devices: tablets that several people share, and TVs that show a plant. A device is made here and
// paired with a code that is shown once.

import { useState } from 'react';
import { pairedDevices } from '../../../domains/paired-devices/resource.ts';
import { definePage, type KitRecord } from '../kit/page.ts';
import { Problem } from '../kit/problem.tsx';
import { useCommand } from '../kit/use-command.ts';
import { useWords } from '../kit/use-words.ts';
import { useAccess, useSession } from '../shell/context.ts';
import { useMoment } from '../shell/zone.ts';
import { Once } from './users/user-detail.tsx';

const en = {
  title: 'Pairing',
  make: 'Make a pairing code',
  explain:
    'At the device, open Unison with /pair at the end of its address and type the code; for a TV, open the link.',
  code: 'Code',
  link: 'Link',
  until: (at: string) => `Shown only now, good once and until ${at}.`,
};
const de: typeof en = {
  title: 'Koppeln',
  make: 'Code zum Koppeln erzeugen',
  explain:
    'Öffnen Sie am Gerät Unison mit /pair am Ende der Adresse und tippen Sie den Code; am Fernseher den Link öffnen.',
  code: 'Code',
  link: 'Link',
  until: (at) => `Wird nur jetzt gezeigt, gilt einmal und bis ${at}.`,
};

export const pairedDevicesPage = definePage({
  resource: pairedDevices,
  columns: ['name', 'kind', 'plantId'],
  form: ['plantId', 'kind', 'name'],
  filters: ['kind'],
  Detail: Pairing,
  words: {
    en: {
      many: 'Devices',
      one: 'Device',
      create: 'New device',
      empty:
        'No paired device. Operators share a tablet and sign in with a PIN; a TV shows the plant. Press N for the first.',
      fields: { plantId: 'Plant', kind: 'Kind', name: 'Name' },
      choices: { kind: { tablet: 'Tablet', tv: 'TV' } },
      hints: { name: 'Where it is, such as Tablet at line 1.' },
    },
    de: {
      many: 'Geräte',
      one: 'Gerät',
      create: 'Neues Gerät',
      empty:
        'Kein gekoppeltes Gerät. An der Maschine teilt man sich ein Tablet und meldet sich mit PIN an; ein Fernseher zeigt das Werk. N legt das erste an.',
      fields: { plantId: 'Werk', kind: 'Art', name: 'Name' },
      choices: { kind: { tablet: 'Tablet', tv: 'Fernseher' } },
      hints: { name: 'Wo es steht, etwa Tablet an Linie 1.' },
    },
  },
});

function Pairing({ record }: { record: KitRecord }) {
  const words = useWords({ en, de });
  const session = useSession();
  const access = useAccess();
  const moment = useMoment();
  const command = useCommand();
  const [made, setMade] = useState<{ code: string; path: string; expiresAt: string } | null>(null);
  if (record.archivedAt !== null || !access.may('paired-devices.pair')) return null;
  const make = () => command.run(async () => setMade(await session.send('POST', `/paired-devices/${record.id}/code`)));
  return (
    <section className="stack">
      <h2>{words.title}</h2>
      <p>{words.explain}</p>
      <div className="actions">
        <button type="button" onClick={() => void make()}>
          {words.make}
        </button>
      </div>
      <div aria-live="polite">
        {made && <Once text={made.code} label={words.code} says={words.until(moment(made.expiresAt))} />}
        {made && record['kind'] === 'tv' && (
          <Once text={location.origin + made.path} label={words.link} says={words.link} />
        )}
      </div>
      {command.error && <Problem error={command.error} />}
    </section>
  );
}
