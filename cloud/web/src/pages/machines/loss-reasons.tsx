// Loss reasons of the organisation, and twenty of them to begin with by one press.

import { useQueryClient } from '@tanstack/react-query';
import { lossReasons } from '../../../../domains/loss-reasons/resource.ts';
import { definePage, type KitRecord } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useNotice } from '../../shell/notice.tsx';

const en = {
  load: 'Load 20 reasons to begin with',
  loaded: (count: number) =>
    count === 0 ? 'All 20 are there already, some perhaps archived.' : `${count} reasons were loaded.`,
};
const de: typeof en = {
  load: '20 Gründe für den Anfang laden',
  loaded: (count) =>
    count === 0 ? 'Alle 20 sind schon da, manche vielleicht archiviert.' : `${count} Gründe wurden geladen.`,
};

function LoadStarter() {
  const words = useWords({ en, de });
  const session = useSession();
  const access = useAccess();
  const queries = useQueryClient();
  const notice = useNotice();
  const command = useCommand();
  if (!access.may('loss-reasons.create')) return null;
  const reload = () => queries.invalidateQueries({ queryKey: ['list', 'loss-reasons'] });
  const load = () =>
    command.run(async () => {
      const { created } = await session.send<{ created: KitRecord[] }>('POST', '/loss-reasons/starter');
      await reload();
      const text = words.loaded(created.length);
      if (created.length === 0 || !access.may('loss-reasons.archive')) return notice({ text });
      const undo = async (): Promise<void> => {
        // What hangs below goes before what it hangs on.
        for (const { id, version } of created.toReversed())
          await session.send('DELETE', `/loss-reasons/${id}?version=${version}`);
        await reload();
      };
      notice({ text, undo });
    });
  return (
    <>
      <button type="button" aria-disabled={command.busy} onClick={() => void load()}>
        {words.load}
      </button>
      {command.error && <Problem error={command.error} />}
    </>
  );
}

export const lossReasonsPage = definePage({
  resource: lossReasons,
  columns: ['name', 'code', 'category', 'parentId', 'isFailure', 'frequentPosition'],
  form: ['code', 'name', 'nameDe', 'category', 'parentId', 'isFailure', 'frequentPosition'],
  filters: ['category', 'parentId'],
  ListActions: LoadStarter,
  words: {
    en: {
      many: 'Loss reasons',
      one: 'Loss reason',
      create: 'New loss reason',
      empty: 'No loss reason yet. They say why a machine stood or a piece was lost; load 20 to begin with.',
      fields: {
        code: 'Code',
        name: 'Name',
        nameDe: 'Name in German',
        category: 'Goes to',
        parentId: 'Below',
        isFailure: 'Is a failure',
        frequentPosition: 'Offered as number',
      },
      choices: {
        category: {
          unplanned_stop: 'Unplanned stop',
          planned_stop: 'Planned stop',
          setup: 'Setup',
          idle: 'Waiting',
          scrap: 'Scrap',
          rework: 'Rework',
          startup: 'Start-up',
        },
      },
      hints: {
        category: 'Which loss its time or pieces become.',
        isFailure: 'MTBF and MTTR count stops with this reason.',
        frequentPosition: 'Its place among the first that are offered; without one it is behind “more”.',
      },
    },
    de: {
      many: 'Verlustgründe',
      one: 'Verlustgrund',
      create: 'Neuer Verlustgrund',
      empty:
        'Noch kein Verlustgrund. Sie sagen, warum eine Maschine stand oder ein Stück verloren ging; laden Sie 20 für den Anfang.',
      fields: {
        code: 'Kürzel',
        name: 'Name',
        nameDe: 'Name auf Deutsch',
        category: 'Zählt als',
        parentId: 'Unter',
        isFailure: 'Ist ein Ausfall',
        frequentPosition: 'Angeboten als Nummer',
      },
      choices: {
        category: {
          unplanned_stop: 'Ungeplanter Stopp',
          planned_stop: 'Geplanter Stopp',
          setup: 'Rüsten',
          idle: 'Warten',
          scrap: 'Ausschuss',
          rework: 'Nacharbeit',
          startup: 'Anfahren',
        },
      },
      hints: {
        category: 'Zu welchem Verlust seine Zeit oder Stücke werden.',
        isFailure: 'MTBF und MTTR zählen Stopps mit diesem Grund.',
        frequentPosition: 'Sein Platz unter den ersten, die angeboten werden; ohne Nummer steht er hinter „mehr“.',
      },
    },
  },
});
