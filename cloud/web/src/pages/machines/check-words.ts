// The sentences of the check list: what is there, and what is missing, by the codes of the API.

import type { CheckList } from '../../../../domains/machines/index.ts';

type Params = CheckList['checks'][number]['params'];

const list = (value: unknown): string => (Array.isArray(value) ? value.map(String).join(', ') : '');
const codes = (value: unknown): string =>
  Array.isArray(value) ? value.map((one: { code?: string }) => one.code ?? '').join(', ') : '';

interface CheckWords {
  readonly title: string;
  readonly ready: string;
  readonly blocked: (count: number) => string;
  readonly advised: (count: number) => string;
  readonly done: string;
  readonly blocks: string;
  readonly advises: string;
  readonly glance: string;
  readonly glanceHint: string;
  readonly machine: string;
  readonly missing: string;
  /** By code: what is there. */
  readonly there: Readonly<Record<string, string>>;
  /** By reason: what is missing. */
  readonly why: Readonly<Record<string, (params: Params, moment: (time: string) => string) => string>>;
  /** By code: the link that mends it. */
  readonly mend: Readonly<Record<string, string>>;
  readonly names: Readonly<Record<string, string>>;
}

const en: CheckWords = {
  title: 'What it lacks for OEE',
  ready: 'Nothing. This machine has all that OEE needs.',
  blocked: (count) => `${count} ${count === 1 ? 'point stands' : 'points stand'} in the way of OEE.`,
  advised: (count) => `OEE is there. ${count} ${count === 1 ? 'point' : 'points'} would make it better.`,
  done: 'There',
  blocks: 'Missing',
  advises: 'Advice',
  glance: 'Check lists',
  glanceHint: 'What each machine still lacks for OEE; a mark leads to what mends it.',
  machine: 'Machine',
  missing: 'Missing',
  there: {
    agent: 'Its edge agent is alive.',
    state_tag: 'A tag tells its state.',
    state_values: 'Every state it showed has a meaning.',
    counts: 'Its pieces are counted.',
    modulus: 'Each counter says where it rolls over.',
    ideal_cycle: 'What it makes has an ideal cycle.',
    calendar: 'It has shifts in the next 7 days.',
    lane: 'Its line has a constraint and an outfeed.',
    target: 'It has a target.',
  },
  why: {
    no_agent: () => 'No tag of an edge agent is mapped to it.',
    never_heard: ({ agent }) => `The agent ${String(agent)} was never heard of.`,
    silent: ({ agent, since }, moment) => `The agent ${String(agent)} is silent since ${moment(String(since))}.`,
    no_state_tag: () => 'No state tag is mapped, and no counter either.',
    by_counts: () => 'No state tag is mapped: it counts as standing when no piece comes.',
    unmapped: ({ values }) => `Nobody has said what these states mean: ${list(values)}.`,
    no_counts: () => 'No counter is mapped: neither total nor good pieces.',
    total_only: () => 'Only the total is counted: every piece passes for good.',
    good_only: () => 'Only good pieces are counted: nobody knows of rejects.',
    no_modulus: ({ tags }) => `Nobody has said where these counters roll over: ${list(tags)}.`,
    no_material: () => 'Nothing says what it makes: no order ran in 30 days, and it has no default material.',
    no_standard: ({ materials }) => `No ideal cycle for ${codes(materials)} on this machine.`,
    no_shift: () => 'No shift in the next 7 days: no calendar plans it.',
    no_constraint: ({ lane }) => `${String(lane)} has no constraint.`,
    no_outfeed: ({ lane }) => `${String(lane)} has no outfeed.`,
    no_constraint_no_outfeed: ({ lane }) => `${String(lane)} has neither constraint nor outfeed.`,
    no_target: () => 'It has no target OEE.',
  },
  mend: {
    agent: 'Look at the agents',
    state_tag: 'Map a tag',
    state_values: 'Give them a meaning',
    counts: 'Map a counter',
    modulus: 'Set it',
    ideal_cycle: 'Set it',
    calendar: 'Plan shifts',
    lane: 'Mark them',
    target: 'Set one',
  },
  names: {
    agent: 'Agent',
    state_tag: 'State',
    state_values: 'States known',
    counts: 'Counts',
    modulus: 'Rollover',
    ideal_cycle: 'Ideal cycle',
    calendar: 'Shifts',
    lane: 'Line',
    target: 'Target',
  },
};

const de: CheckWords = {
  title: 'Was für die OEE fehlt',
  ready: 'Nichts. Diese Maschine hat alles, was die OEE braucht.',
  blocked: (count) => (count === 1 ? '1 Punkt steht der OEE im Weg.' : `${count} Punkte stehen der OEE im Weg.`),
  advised: (count) => `Die OEE ist da. ${count === 1 ? '1 Punkt würde' : `${count} Punkte würden`} sie verbessern.`,
  done: 'Da',
  blocks: 'Fehlt',
  advises: 'Rat',
  glance: 'Prüflisten',
  glanceHint: 'Was jeder Maschine für die OEE noch fehlt; ein Zeichen führt dorthin, wo es behoben wird.',
  machine: 'Maschine',
  missing: 'Fehlt',
  there: {
    agent: 'Ihr Edge-Agent lebt.',
    state_tag: 'Ein Signal sagt ihren Zustand.',
    state_values: 'Jeder Zustand, den sie gezeigt hat, hat eine Bedeutung.',
    counts: 'Ihre Stücke werden gezählt.',
    modulus: 'Jeder Zähler sagt, wo er überläuft.',
    ideal_cycle: 'Was sie herstellt, hat einen idealen Takt.',
    calendar: 'Sie hat Schichten in den nächsten 7 Tagen.',
    lane: 'Ihre Linie hat Engpass und Auslauf.',
    target: 'Sie hat ein Ziel.',
  },
  why: {
    no_agent: () => 'Kein Signal eines Edge-Agenten ist ihr zugeordnet.',
    never_heard: ({ agent }) => `Vom Agenten ${String(agent)} wurde noch nie etwas gehört.`,
    silent: ({ agent, since }, moment) => `Der Agent ${String(agent)} schweigt seit ${moment(String(since))}.`,
    no_state_tag: () => 'Kein Zustandssignal ist zugeordnet, und auch kein Zähler.',
    by_counts: () => 'Kein Zustandssignal ist zugeordnet: Sie gilt als stehend, wenn kein Stück kommt.',
    unmapped: ({ values }) => `Niemand hat gesagt, was diese Zustände bedeuten: ${list(values)}.`,
    no_counts: () => 'Kein Zähler ist zugeordnet: weder Gesamt noch Gut.',
    total_only: () => 'Nur die Gesamtzahl wird gezählt: Jedes Stück gilt als gut.',
    good_only: () => 'Nur Gutteile werden gezählt: Von Ausschuss weiß niemand.',
    no_modulus: ({ tags }) => `Niemand hat gesagt, wo diese Zähler überlaufen: ${list(tags)}.`,
    no_material: () => 'Nichts sagt, was sie herstellt: kein Auftrag in 30 Tagen, und kein Material als Vorgabe.',
    no_standard: ({ materials }) => `Kein idealer Takt für ${codes(materials)} an dieser Maschine.`,
    no_shift: () => 'Keine Schicht in den nächsten 7 Tagen: Kein Kalender plant sie.',
    no_constraint: ({ lane }) => `${String(lane)} hat keinen Engpass.`,
    no_outfeed: ({ lane }) => `${String(lane)} hat keinen Auslauf.`,
    no_constraint_no_outfeed: ({ lane }) => `${String(lane)} hat weder Engpass noch Auslauf.`,
    no_target: () => 'Sie hat keine Ziel-OEE.',
  },
  mend: {
    agent: 'Agenten ansehen',
    state_tag: 'Signal zuordnen',
    state_values: 'Bedeutung geben',
    counts: 'Zähler zuordnen',
    modulus: 'Angeben',
    ideal_cycle: 'Angeben',
    calendar: 'Schichten planen',
    lane: 'Benennen',
    target: 'Angeben',
  },
  names: {
    agent: 'Agent',
    state_tag: 'Zustand',
    state_values: 'Zustände bekannt',
    counts: 'Zähler',
    modulus: 'Überlauf',
    ideal_cycle: 'Idealer Takt',
    calendar: 'Schichten',
    lane: 'Linie',
    target: 'Ziel',
  },
};

export const checkWords = { en, de };
