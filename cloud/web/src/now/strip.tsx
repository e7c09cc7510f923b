// The strip over the lanes: which plant, what time it is there, how old the data is, who is silent. And
// the banner for when the page itself is cut off.

import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { useWords } from '../kit/use-words.ts';
import { maySeeShiftReports } from '../pages/shift-report/shift-report-page.tsx';
import { useAccess } from '../shell/context.ts';
import { age, duration } from '../shell/format.ts';
import { Glyph } from '../shell/glyphs.tsx';
import { useSettings } from '../shell/settings.ts';
import { nowWords } from './now-words.ts';
import type { Situation } from './situation.ts';

export function Strip({
  situation,
  showsFigures,
  children,
}: {
  situation: Situation;
  showsFigures: boolean;
  children: ReactNode;
}) {
  const { words, format } = useSettings();
  const { now, nowMs } = situation;
  const { timeZone } = now.plant;
  return (
    <div className="strip">
      <p>
        <span className="label">{words.plant}</span>
        <strong>{now.plant.name}</strong>
      </p>
      {showsFigures && <Shift situation={situation} />}
      <p>
        <span className="label">{words.plantClock}</span>
        <time dateTime={new Date(nowMs).toISOString()}>
          <span className="day">{format.date(nowMs, timeZone)} </span>
          <strong>{format.time(nowMs, timeZone)}</strong> <span className="unit">{format.zone(nowMs, timeZone)}</span>
        </time>
      </p>
      <p>
        <span className="label">{words.dataAge}</span>
        <DataAge situation={situation} />
      </p>
      <Troubles situation={situation} />
      {children}
    </div>
  );
}

/** The shift that most machines are in, and how much of it is left. */
function Shift({ situation: { store, now, nowMs } }: { situation: Situation }) {
  const words = useWords(nowWords);
  const access = useAccess();
  const shifts = (store.figures()?.machines ?? []).flatMap(({ shift }) => shift ?? []);
  const named = Map.groupBy(shifts, ({ name, from, to }) => `${name} ${from} ${to}`);
  const [most] = [...named.values()].sort((one, other) => other.length - one.length);
  const shift = most?.[0];
  return (
    <>
      <p className="shift">
        <span className="label">{words.shift}</span>
        <strong>{shift?.name ?? (store.figures() ? words.noShift : '–')}</strong>{' '}
        {maySeeShiftReports(access) && (
          <Link
            href={`/shift-report?${new URLSearchParams({ plant: String(now.plant.id), ...(shift && { day: shift.day, shift: shift.name }) })}`}
          >
            {words.shiftReport}
          </Link>
        )}
      </p>
      <p>
        <span className="label">{words.timeLeft}</span>
        <strong className="age" role="timer" aria-live="off">
          {shift ? duration(shift.to - nowMs).replace(/:\d\d$/, '') : '–'}
        </strong>
      </p>
    </>
  );
}

/** Age of the last message of the agent that was silent longest; one that never spoke has no data to age. */
function DataAge({ situation }: { situation: Situation }) {
  const { words } = useSettings();
  const { now, store, nowMs } = situation;
  if (now.agents.length === 0) return <strong className="age">{words.noAgents}</strong>;
  const heard = now.agents.flatMap((agent) => store.agent(agent.id)?.lastMessageMs ?? []);
  return <strong className="age">{heard.length === 0 ? '–' : age(nowMs - Math.min(...heard))}</strong>;
}

function Troubles({ situation }: { situation: Situation }) {
  const { words, format } = useSettings();
  const { now, unseen, nowMs } = situation;
  const { timeZone } = now.plant;
  const at = (ms: number) => format.instant(ms, { timeZone, nowMs });
  const agents = new Map(now.agents.map((agent) => [agent.id, agent.name]));
  const lines = new Set<string>();
  for (const device of now.devices) {
    const gone = unseen.get(device.id);
    const agent = agents.get(device.agentId) ?? '';
    if (!gone) continue;
    if (gone.since === null) lines.add(words.agentNever(agent));
    else if (gone.kind === 'agent_silent') lines.add(words.agentSilent(agent, at(gone.since)));
    else lines.add(words.deviceUnseen(device.name, at(gone.since)));
  }
  return (
    <ul className="troubles" aria-live="polite">
      {[...lines].map((line) => (
        <li key={line}>
          <Glyph name="unknown" />
          {line}
        </li>
      ))}
    </ul>
  );
}

/** Lies over the page's foot, so that nothing moves when it comes. */
export function Banner({ situation }: { situation: Situation }) {
  const { words, format } = useSettings();
  const { now, store, cutOffSince, nowMs } = situation;
  const { timeZone } = now.plant;
  const feedCutSince = store.feedCutSince();
  const at = (ms: number) => format.instant(ms, { timeZone, nowMs });
  const text =
    cutOffSince !== null
      ? words.cutOff(at(cutOffSince))
      : feedCutSince !== null
        ? words.feedCut(at(feedCutSince))
        : null;
  return (
    <div role="alert" className={text === null ? 'banner hidden' : 'banner'}>
      {text}
    </div>
  );
}
