// Units of measure, and the usual ones with one click.

import { useQueryClient } from '@tanstack/react-query';
import { units } from '../../../../domains/units/resource.ts';
import { definePage } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useNotice } from '../../shell/notice.tsx';
import { useSettings } from '../../shell/settings.ts';

const en = {
  take: 'Add the usual units',
  taken: (codes: string) => `Added: ${codes}`,
  nothing: 'The usual units are there already.',
};
const de: typeof en = {
  take: 'Übliche Einheiten anlegen',
  taken: (codes) => `Angelegt: ${codes}`,
  nothing: 'Die üblichen Einheiten sind schon da.',
};

export const unitsPage = definePage({
  resource: units,
  columns: ['code', 'name', 'decimals'],
  form: ['code', 'name', 'decimals'],
  ListActions: Starter,
  words: {
    en: {
      many: 'Units',
      one: 'Unit',
      create: 'New unit',
      empty: 'No unit yet. Quantities are counted, weighed and measured in units; add the usual ones with one click.',
      fields: { code: 'Sign', name: 'Name', decimals: 'Digits after the point' },
      choices: {},
      hints: { code: 'As it stands beside a number: pcs, kg.' },
    },
    de: {
      many: 'Einheiten',
      one: 'Einheit',
      create: 'Neue Einheit',
      empty: 'Noch keine Einheit. In Einheiten wird gezählt, gewogen und gemessen; ein Klick legt die üblichen an.',
      fields: { code: 'Zeichen', name: 'Name', decimals: 'Stellen nach dem Komma' },
      choices: {},
      hints: { code: 'Wie es neben einer Zahl steht: Stk, kg.' },
    },
  },
});

function Starter() {
  const words = useWords({ en, de });
  const { language } = useSettings();
  const session = useSession();
  const access = useAccess();
  const notice = useNotice();
  const queries = useQueryClient();
  const command = useCommand();
  if (!access.may('units-of-measure.create')) return null;
  const take = () =>
    command.run(async () => {
      const path = '/units-of-measure/starter';
      const { created } = await session.send<{ created: string[] }>('POST', path, { body: { language } });
      notice({ text: created.length > 0 ? words.taken(created.join(', ')) : words.nothing });
      await queries.invalidateQueries({ queryKey: ['list', 'units-of-measure'] });
    });
  return (
    <>
      <button type="button" aria-disabled={command.busy} onClick={() => void take()}>
        {words.take}
      </button>
      {command.error && <Problem error={command.error} />}
    </>
  );
}
