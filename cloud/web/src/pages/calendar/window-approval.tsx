// Under a planned window: whether it is approved, and the button that does it.

import { useQueryClient } from '@tanstack/react-query';
import type { KitRecord } from '../../kit/page.ts';
import { Problem } from '../../kit/problem.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { calendarWords } from './words.ts';

export function WindowApproval({ record }: { record: KitRecord }) {
  const words = useWords(calendarWords);
  const session = useSession();
  const access = useAccess();
  const queries = useQueryClient();
  const command = useCommand();
  if (record['approvedAt'] !== null) return null;
  const approve = (): void =>
    void command.run(async () => {
      await session.send('POST', `/planned-windows/${record.id}/approve`, { body: { version: record.version } });
      for (const kind of ['record', 'list', 'history'])
        await queries.invalidateQueries({ queryKey: [kind, 'planned-windows'] });
    });
  return (
    <section>
      <p>{words.notApproved}</p>
      {access.may('planned-windows.approve') && record.archivedAt === null && (
        <button type="button" className="main" aria-disabled={command.busy} onClick={approve}>
          {words.approve}
        </button>
      )}
      {command.error && <Problem error={command.error} />}
    </section>
  );
}
