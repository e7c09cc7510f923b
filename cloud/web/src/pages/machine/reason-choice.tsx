// The second tap: six likely reasons, and behind one more all of them by what they are, with a search.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import type { LikelyReasons } from '../../../../domains/stops/index.ts';
import { useWords } from '../../kit/use-words.ts';
import { useAccess, useSession } from '../../shell/context.ts';
import { machineWords } from './machine-words.ts';
import { type Named, useReasonName } from './reading-line.tsx';

const groups = ['unplanned_stop', 'setup', 'idle', 'planned_stop'] as const;
const MOST = 500;

interface LossReason extends Named {
  readonly id: number;
  readonly code: string;
  readonly category: string;
}

interface ChoiceProps {
  readonly machineId: number;
  readonly question: string;
  readonly busy: boolean;
  choose(lossReasonId: number): void;
}

export function ReasonChoice({ machineId, question, busy, choose }: ChoiceProps) {
  const words = useWords(machineWords);
  const session = useSession();
  const access = useAccess();
  const nameOf = useReasonName();
  const [all, setAll] = useState(false);
  const likely = useQuery({
    queryKey: ['likely-reasons', machineId],
    queryFn: ({ signal }) => session.get<LikelyReasons>(`/machines/${machineId}/likely-reasons`, signal),
    staleTime: 60_000,
  });
  const none = likely.data?.items.length === 0;
  return (
    <fieldset className="reason-choice" aria-busy={busy}>
      <legend>{question}</legend>
      <div className="likely">
        {likely.data?.items.map((reason) => (
          <button key={reason.id} type="button" onClick={() => choose(reason.id)}>
            {nameOf(reason)}
          </button>
        ))}
        {none && (
          <p>
            {words.noReasons}{' '}
            {access.may('loss-reasons.create') && <Link href="/plant-setup/loss-reasons">{words.makeReasons}</Link>}
          </p>
        )}
        {!none && access.may('loss-reasons.read') && (
          <button type="button" className="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? words.fewer : words.more}
          </button>
        )}
      </div>
      {all && <AllReasons choose={choose} />}
    </fieldset>
  );
}

function AllReasons({ choose }: Pick<ChoiceProps, 'choose'>) {
  const words = useWords(machineWords);
  const session = useSession();
  const nameOf = useReasonName();
  const [typed, setTyped] = useState('');
  const asked = useQuery({
    queryKey: ['loss-reasons', 'all'],
    queryFn: ({ signal }) => session.get<{ items: LossReason[] }>(`/loss-reasons?limit=${MOST}`, signal),
    staleTime: 60_000,
  });
  const wanted = typed.trim().toLowerCase();
  const fits = (reason: LossReason) => `${nameOf(reason)} ${reason.code}`.toLowerCase().includes(wanted);
  const found = groups
    .map((group) => ({
      group,
      reasons: (asked.data?.items ?? []).filter((reason) => reason.category === group && fits(reason)),
    }))
    .filter(({ reasons }) => reasons.length > 0);
  return (
    <div className="all-reasons">
      <input
        type="search"
        aria-label={words.search}
        placeholder={words.search}
        value={typed}
        onChange={({ target }) => setTyped(target.value)}
      />
      {asked.data && found.length === 0 && <p>{words.noReason}</p>}
      {found.map(({ group, reasons }) => (
        <section key={group} aria-label={words.groups[group]}>
          <h4>{words.groups[group]}</h4>
          <div className="likely">
            {reasons.map((reason) => (
              <button key={reason.id} type="button" onClick={() => choose(reason.id)}>
                {nameOf(reason)}
              </button>
            ))}
          </div>
        </section>
      ))}
    </div>
  );
}
