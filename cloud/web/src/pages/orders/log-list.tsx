// What operators declared, entry by entry, each of which can be taken back once.

import { Problem } from '../../kit/problem.tsx';
import { useCommand } from '../../kit/use-command.ts';
import { useNow } from '../../kit/use-now.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { useSettings } from '../../shell/settings.ts';
import { type Log, useReload } from './api.ts';
import { orderWords } from './words.ts';

export function LogList({ logs, timeZone }: { logs: readonly Log[]; timeZone: string }) {
  return (
    <ul className="logs">
      {logs.map((log) => (
        <LogRow key={log.id} log={log} timeZone={timeZone} />
      ))}
    </ul>
  );
}

/** Each has its own command, so that two that are taken back at once are both taken back. */
function LogRow({ log, timeZone }: { log: Log; timeZone: string }) {
  const words = useWords(orderWords);
  const access = useAccess();
  const session = useSession();
  const { format } = useSettings();
  const command = useCommand();
  const reload = useReload();
  const nowMs = useNow();
  const takeBack = async (): Promise<void> => {
    await command.run(() => session.send('POST', `/production-logs/${log.id}/reverse`, { body: {} }));
    await reload();
  };
  return (
    <li className={log.reversedById === null ? undefined : 'gone'}>
      <span>
        <strong>{format.number(log.quantity)}</strong> {words[log.kind]}
        {log.lossReasonName && ` · ${log.lossReasonName}`}
        {log.workOrderNumber && ` · ${log.workOrderNumber}`}{' '}
        <span className="unit">
          {format.instant(Date.parse(log.time), { timeZone, nowMs })} · {log.operatorName}
          {log.reversesId !== null && ` · ${words.reversal}`}
          {log.reversedById !== null && ` · ${words.takenBack}`}
        </span>
      </span>
      {command.error && <Problem error={command.error} />}
      {log.reversesId === null && log.reversedById === null && access.may('production-logs.create') && (
        <button type="button" aria-disabled={command.busy} onClick={() => void takeBack()}>
          {words.takeBack}
        </button>
      )}
    </li>
  );
}
