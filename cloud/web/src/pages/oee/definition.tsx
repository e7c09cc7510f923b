// The "?" at a figure: its formula, its name in the standard, and the numbers it was made of here.

import { useId } from 'react';
import { useWords } from '../../kit/use-words.ts';
import type { Format } from '../../shell/format.ts';
import { useSettings } from '../../shell/settings.ts';
import { minutes, percent, type Row, ratioOf } from './figure-text.ts';
import { oeeWords } from './oee-words.ts';
import { useDefinitions } from './use-oee.ts';

const S_US = 1_000_000;

export function Definition({ name, row }: { name: string; row: Row }) {
  const words = useWords(oeeWords);
  const { language, format } = useSettings();
  const definitions = useDefinitions();
  const id = useId();
  const figure = definitions?.figures.find(({ key }) => key === name);
  if (!definitions || !figure) return <span className="what" />;
  const title = figure.name[language];
  const { value } = ratioOf(row, name);
  return (
    <>
      <button type="button" className="what" popoverTarget={id} aria-label={words.definition(title)}>
        ?
      </button>
      <dialog id={id} popover="auto" className="definition" aria-label={words.definition(title)}>
        <h3>{title}</h3>
        <p className="formula">{figure.formula}</p>
        {figure.iso && (
          <p>
            <span className="unit">{words.iso}:</span> <span lang="en">{figure.iso}</span>
          </p>
        )}
        <table>
          <caption className="hidden">{words.inputs}</caption>
          <tbody>
            {figure.inputs.map((input) => (
              <tr key={input}>
                <th scope="row">
                  {words.inputWords[input] ?? definitions.inputs.find(({ key }) => key === input)?.meaning ?? input}
                </th>
                <td>{inputText(row, input, format)}</td>
              </tr>
            ))}
            <tr>
              <th scope="row">{words.result}</th>
              <td>
                <strong>{value === null ? words.noFigure : `${percent(value, format)} %`}</strong>
              </td>
            </tr>
          </tbody>
        </table>
        <button type="button" popoverTarget={id} popoverTargetAction="hide">
          {words.close}
        </button>
      </dialog>
    </>
  );
}

function inputText({ time, pieces, targetTime, valueTime }: Row, name: string, format: Format): string {
  if (name === 'produced' || name === 'good') return format.number(pieces[name]);
  const given: Readonly<Record<string, number>> = {
    ...time,
    targetTime: targetTime * S_US,
    valueTime: valueTime * S_US,
    delays: time.idle + time.unplannedStop + time.minorStop,
  };
  const us = given[name];
  return us === undefined ? '–' : `${minutes(us, format)} min`;
}
