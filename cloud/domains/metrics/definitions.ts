// What each figure means: formula, where it stands in ISO 22400-2, its inputs, unit and rounding. The API
// publishes it, the screens' "?" reads it, and a test compares it with what is computed.

export interface Definition {
  readonly key: string;
  readonly name: { readonly en: string; readonly de: string };
  readonly formula: string;
  /** The indicator's name in ISO 22400-2, where it has one. */
  readonly iso: string | null;
  readonly inputs: readonly string[];
  readonly unit: 'ratio' | 'us' | 'pieces' | 's' | 'pieces_per_hour';
  /** Places that people are shown (of time: in hours); the API gives all. */
  readonly digits: number;
}

const ratio = (key: string, names: readonly [string, string], formula: string, iso: string | null, inputs: string) =>
  ({
    key,
    name: { en: names[0], de: names[1] },
    formula,
    iso,
    inputs: inputs.split(' '),
    unit: 'ratio',
    digits: 3,
  }) as const satisfies Definition;

export const definitions = [
  ratio('availability', ['Availability', 'Verfügbarkeit'], 'A = APT / PBT', 'Availability', 'apt pbt'),
  ratio('performance', ['Performance', 'Leistung'], 'E = T / APT', 'Effectiveness', 'targetTime apt'),
  ratio('quality', ['Quality', 'Qualität'], 'Q = V / T', 'Quality ratio', 'valueTime targetTime'),
  ratio('oee', ['OEE', 'OEE'], 'OEE = A · E · Q = V / PBT', 'Overall equipment effectiveness index', 'valueTime pbt'),
  ratio(
    'nee',
    ['Net equipment effectiveness', 'Netto-Anlageneffektivität'],
    'NEE = (AUST + APT) / PBT · E · Q, with the APT of ISO 22400',
    'Net equipment effectiveness index',
    'setup running pbt valueTime',
  ),
  ratio(
    'teep',
    ['TEEP', 'TEEP'],
    'TEEP = V / calendar time',
    'Total effective equipment performance',
    'valueTime calendarTime',
  ),
  ratio(
    'technicalEfficiency',
    ['Technical efficiency', 'Technischer Nutzungsgrad'],
    'APT / (APT + ADET), with the APT of ISO 22400',
    'Technical efficiency',
    'running delays',
  ),
  ratio('setupRate', ['Setup rate', 'Rüstgrad'], 'AUST / (AUST + APT)', 'Setup ratio', 'setup running'),
  ratio('coverage', ['Coverage', 'Abdeckung'], 'PBT / (PBT + no data)', null, 'pbt unknown'),
  ratio('pieceQuality', ['Piece quality', 'Stückqualität'], 'GQ / PQ', null, 'good produced'),
  ratio(
    'firstPassYield',
    ['First pass yield', 'Erstausbeute'],
    'FPY = (in − scrap − rework) / in, of the pieces counted',
    'First pass yield',
    'good produced',
  ),
] as const satisfies readonly Definition[];

/** Those that are asked for by themselves. */
export const furtherDefinitions = [
  {
    key: 'targetNow',
    name: { en: 'Target now', de: 'Soll jetzt' },
    formula: 'Σ over days of planned busy time of the run ÷ ideal cycle · target OEE',
    iso: null,
    inputs: ['pbt', 'idealCycle', 'targetOee'],
    unit: 'pieces',
    digits: 0,
  },
  {
    key: 'throughput',
    name: { en: 'Throughput', de: 'Durchsatz' },
    formula: 'PQ / AOET, of an order on a machine; PQ here with pieces that came unseen or outside of shifts',
    iso: 'Throughput rate',
    inputs: ['produced', 'orderExecution'],
    unit: 'pieces_per_hour',
    digits: 1,
  },
  ratio(
    'rolledThroughputYield',
    ['Rolled throughput yield', 'Durchgehende Erstausbeute'],
    'RTY = Π FPY over the operations of an order or material',
    null,
    'good produced',
  ),
  ratio(
    'normalizedYield',
    ['Normalized yield', 'Normierte Ausbeute'],
    'RTY ^ (1 / k), of k operations',
    null,
    'good produced',
  ),
  {
    key: 'mtbf',
    name: { en: 'MTBF', de: 'MTBF' },
    formula:
      'operating time / failures; beside it the mean operating time from the end of one failure to the begin of the next, and operating time / (failures + 1). Without a failure: at least the operating time',
    iso: 'Mean operating time between failures',
    inputs: ['operating', 'failures'],
    unit: 'us',
    digits: 1,
  },
  {
    key: 'mttr',
    name: { en: 'MTTR', de: 'MTTR' },
    formula: 'time of repair / failures that began and ended in the period',
    iso: 'Mean time to repair',
    inputs: ['repair', 'repaired'],
    unit: 'us',
    digits: 1,
  },
] as const satisfies readonly Definition[];

export type RatioKey = (typeof definitions)[number]['key'];

/** Inputs of the formulas, and where the time of a period goes. */
export const inputs = [
  ['pbt', 'us', 'Planned busy time: running, rework, setup, waiting, no order where the plant calls it a loss, stops'],
  ['apt', 'us', 'Actual production time: running; in the profile tpm with minor stops'],
  ['targetTime', 's', 'T = Σ ideal cycle · pieces'],
  ['valueTime', 's', 'V = Σ ideal cycle · good pieces'],
  ['calendarTime', 'us', 'All time of the period that is known of'],
  ['running', 'us', 'Running while scheduled, in a production run'],
  ['setup', 'us', 'AUST: setup, and stops classified as changeover'],
  ['delays', 'us', 'ADET: waiting, unplanned and minor stops'],
  ['unknown', 'us', 'Scheduled time of which there is no data'],
  ['produced', 'pieces', 'PQ: each piece once, at first pass'],
  ['good', 'pieces', 'GQ'],
  ['idealCycle', 's', 'PRI: what a piece should take on this machine, of this material and operation, on this day'],
  ['targetOee', 'ratio', 'The OEE that the machine is asked to reach on this day'],
  ['orderExecution', 'us', 'AOET: from the first start to the last end of the order’s runs on the machine'],
  ['operating', 'us', 'Operating time: running and setup, in and outside of shifts'],
  ['failures', 'count', 'Stops for a reason that is a failure, each where it begins; reasons over each other are one'],
  ['repaired', 'count', 'Failures that began and ended in the period'],
  ['repair', 'us', 'How long these were, without what was planned or outside of shifts'],
] as const;
