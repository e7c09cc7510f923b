// The history of a demo is filled in while people look at it: until it is there, the page says how much is.

import { useQuery } from '@tanstack/react-query';
import type { DemoData } from '../../../../domains/installation/index.ts';
import { useWords } from '../../kit/use-words.ts';
import { useSession } from '../../shell/context.ts';

const REFETCH_MS = 5_000;

const en = {
  filling: (done: number, days: number) => `History of the demo is being filled: ${done} of ${days} days.`,
};
const de: typeof en = {
  filling: (done, days) => `Die Vergangenheit der Vorführung wird gefüllt: ${done} von ${days} Tagen.`,
};

const isFilling = ({ history }: DemoData): boolean => history !== null && history.daysDone < history.days;

export function DemoHistory() {
  const words = useWords({ en, de });
  const session = useSession();
  const { data } = useQuery({
    queryKey: ['demo-data'],
    queryFn: ({ signal }) => session.get<DemoData>('/demo-data', signal),
    refetchInterval: ({ state }) => (state.data && isFilling(state.data) ? REFETCH_MS : false),
  });
  if (!data?.history || !isFilling(data)) return null;
  const { daysDone, days } = data.history;
  return (
    <div className="oee-filling">
      <output>{words.filling(daysDone, days)}</output>
      <progress max={days} value={daysDone} aria-label={words.filling(daysDone, days)} />
    </div>
  );
}
