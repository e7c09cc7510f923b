// Saying why a machine stood, of all of a stretch or a part of it; and that time in which it says it ran was
// in truth something else, which takes words.

import { type ReactNode, useId, useState } from 'react';
import { InstantInput } from '../../kit/instant-input.tsx';
import { useWords } from '../../kit/use-words.ts';
import type { AccessPlant } from '../../shell/access.ts';
import { machineWords } from './machine-words.ts';
import { ReasonChoice } from './reason-choice.tsx';
import type { Stretch } from './stop-detail.tsx';
import type { Saying } from './use-saying.ts';
import { msOf } from './window.ts';

/** A part is given by the minute. */
const MINUTE_MS = 60_000;
const MOST_LETTERS = 500;

export interface SayProps {
  readonly machineId: number;
  readonly plant: AccessPlant;
  readonly stretch: Stretch;
  /** Of the stretch; of one that lasts, now. */
  readonly end: string;
  readonly saying: Saying;
  close(): void;
}

interface Part {
  readonly from: string;
  readonly to: string;
}

export function SayWhy({ machineId, plant, stretch, end, saying, close }: SayProps) {
  const words = useWords(machineWords);
  const [part, setPart] = useState<Part | null>(null);
  const whole = { from: stretch.from, to: end };
  const wanted = part ?? whole;
  const choose = (lossReasonId: number): void => {
    if (!isWithin(wanted, whole)) return;
    const lasts = part === null && stretch.to === null;
    void saying.say({ ...wanted, lossReasonId, lasts }).then((went) => went && close());
  };
  return (
    <>
      <div className="of-part">
        <button
          type="button"
          className="quiet"
          aria-expanded={part !== null}
          onClick={() => setPart(part ? null : wanted)}
        >
          {part ? words.whole : words.part}
        </button>
        {part && <PartInput part={part} whole={whole} plant={plant} setPart={setPart} />}
      </div>
      <ReasonChoice machineId={machineId} question={words.whyDid} busy={saying.command.busy} choose={choose} />
    </>
  );
}

/** Behind a press, since it is rare: the machine is believed. */
export function Overrule({ machineId, plant, stretch, end, saying, close }: SayProps) {
  const words = useWords(machineWords);
  const id = useId();
  const whole = { from: stretch.from, to: end };
  const [part, setPart] = useState<Part>(whole);
  const [isOpen, setOpen] = useState(false);
  const [remarks, setRemarks] = useState('');
  const [isSilent, setSilent] = useState(false);
  const choose = (lossReasonId: number): void => {
    const silent = remarks.trim() === '';
    setSilent(silent);
    if (silent || !isWithin(part, whole)) return;
    const said = { ...part, lossReasonId, lasts: false, overrulesRunning: true, remarks: remarks.trim() };
    void saying.say(said).then((went) => went && close());
  };
  return (
    <div className="overrule">
      <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {words.overrule}
      </button>
      {isOpen && (
        <>
          <p className="unit">{words.overruleHint}</p>
          <div className="of-part">
            <PartInput part={part} whole={whole} plant={plant} setPart={setPart} />
          </div>
          <label>
            {words.overruleWhy}{' '}
            <input
              type="text"
              value={remarks}
              required
              maxLength={MOST_LETTERS}
              aria-invalid={isSilent || undefined}
              aria-describedby={isSilent ? id : undefined}
              onChange={({ target }) => {
                setRemarks(target.value);
                setSilent(false);
              }}
            />
          </label>
          {isSilent && (
            <p id={id} role="alert">
              {words.overruleNeedsWords}
            </p>
          )}
          <ReasonChoice machineId={machineId} question={words.inTruth} busy={saying.command.busy} choose={choose} />
        </>
      )}
    </div>
  );
}

const isWithin = (part: Part, whole: Part): boolean =>
  msOf(part.from) < msOf(part.to) &&
  msOf(part.from) >= msOf(whole.from) - MINUTE_MS &&
  msOf(part.to) <= msOf(whole.to) + MINUTE_MS;

function PartInput({
  part,
  whole,
  plant,
  setPart,
}: {
  part: Part;
  whole: Part;
  plant: AccessPlant;
  setPart: (part: Part) => void;
}): ReactNode {
  const words = useWords(machineWords);
  return (
    <>
      <label>
        {words.partFrom}{' '}
        <InstantInput value={part.from} plantId={plant.id} onChange={(from) => from && setPart({ ...part, from })} />
      </label>
      <label>
        {words.partTo}{' '}
        <InstantInput value={part.to} plantId={plant.id} onChange={(to) => to && setPart({ ...part, to })} />
      </label>
      {!isWithin(part, whole) && <p role="alert">{words.badPart}</p>}
    </>
  );
}
