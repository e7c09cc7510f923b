// Which time is shown, in words, and the buttons that change it.

import { useWords } from '../../kit/use-words.ts';
import type { AccessPlant } from '../../shell/access.ts';
import { useSettings } from '../../shell/settings.ts';
import { machineWords } from './machine-words.ts';
import type { ShownWindow } from './use-window.ts';
import { lastDays, moved, type TimeWindow, zoomed } from './window.ts';

const days = { day: 1, week: 7, month: 30, year: 365 } as const;
type Preset = 'shift' | keyof typeof days;

export function WindowBar({ view, plant, nowMs }: { view: ShownWindow; plant: AccessPlant; nowMs: number }) {
  const words = useWords(machineWords);
  const { format } = useSettings();
  const { shown } = view;
  const presets: Readonly<Record<Preset, TimeWindow | null>> = {
    shift: null,
    day: lastDays(days.day, nowMs, plant.timeZone),
    week: lastDays(days.week, nowMs, plant.timeZone),
    month: lastDays(days.month, nowMs, plant.timeZone),
    year: lastDays(days.year, nowMs, plant.timeZone),
  };
  const isShown = (window: TimeWindow | null) =>
    window === null ? view.isUsual : window.from === shown.from && window.to === shown.to;
  const zoom = (factor: number) => view.follow(zoomed(shown, { factor, anchor: (shown.from + shown.to) / 2, nowMs }));
  return (
    <search className="filters oee-asked window-bar">
      <fieldset className="periods">
        <legend className="hidden">{words.period}</legend>
        {(Object.entries(presets) as [Preset, TimeWindow | null][]).map(([name, window]) => (
          <button key={name} type="button" aria-pressed={isShown(window)} onClick={() => view.show(window)}>
            {words.presets[name]}
          </button>
        ))}
      </fieldset>
      <div className="moves">
        <button type="button" onClick={() => view.follow(moved(shown, -1, nowMs))} aria-label={words.earlier}>
          ◀
        </button>
        <button type="button" onClick={() => view.follow(moved(shown, 1, nowMs))} aria-label={words.later}>
          ▶
        </button>
        <button type="button" onClick={() => zoom(0.5)} aria-label={words.zoomIn}>
          +
        </button>
        <button type="button" onClick={() => zoom(2)} aria-label={words.zoomOut}>
          −
        </button>
      </div>
      <p className="shown-window">
        {format.moment(shown.from, plant.timeZone)} – {format.moment(shown.to, plant.timeZone)}{' '}
        <span className="unit">({plant.name})</span>
      </p>
    </search>
  );
}
