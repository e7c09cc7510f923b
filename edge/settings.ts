// The agent's configuration as a schema: one YAML file, checked against it; editors complete from it.
// Free of drivers, so that a schema can be printed without loading them.

import Type, { type Static } from 'typebox';
import { ModbusSettings } from '../protocols/modbus/settings.ts';
import { opcuaSettings } from '../protocols/opcua/settings.ts';
import { counterKinds, tagRoles } from '../protocols/sparkplug/unison.ts';

const closed = { additionalProperties: false } as const;
const sparkplugId = Type.String({ minLength: 1, maxLength: 100, pattern: '^[A-Za-z0-9._-]+$' });

const AgentSettings = Type.Object(
  {
    group: Type.String({ ...sparkplugId, description: 'The group the cloud issued for this plant.' }),
    name: Type.String({ ...sparkplugId, description: 'Name of this agent, unique in its group.' }),
    data: Type.String({
      minLength: 1,
      default: 'data',
      description: 'Directory of the buffer and the certificates, relative to this file.',
    }),
    logLevel: Type.Enum(['debug', 'info', 'warn', 'error'], { default: 'info', description: 'How much is logged.' }),
    healthPort: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 65_535,
        description: 'Port on 127.0.0.1 for /health and /metrics. Not served when left out.',
      }),
    ),
  },
  { ...closed, description: 'Who this agent is.' },
);

const UplinkSettings = Type.Object(
  {
    url: Type.String({
      pattern: '^mqtts?://[^\\s]+$',
      description: 'The broker, for example mqtts://mes.example.com:8883.',
    }),
    username: Type.Optional(Type.String({ minLength: 1, description: 'Account on the broker. Default: group/name.' })),
    passwordFile: Type.String({
      minLength: 1,
      description: 'File whose first line is the secret, relative to this file.',
    }),
    caFile: Type.Optional(Type.String({ minLength: 1, description: 'Certificate authorities for mqtts, PEM.' })),
    keepAlive: Type.Integer({ minimum: 5, maximum: 600, default: 30, description: 'MQTT keep-alive in seconds.' }),
    window: Type.Integer({
      minimum: 65_536,
      maximum: 67_108_864,
      default: 1_048_576,
      description: 'Bytes sent and not yet acknowledged, at most.',
    }),
    acknowledge: Type.Enum(['database', 'none'], {
      default: 'database',
      description: 'database: values are kept until the cloud has committed them. none: for hosts that cannot say so.',
    }),
  },
  { ...closed, description: 'Where values go.' },
);

const BufferSettings = Type.Object(
  {
    maxMegabytes: Type.Integer({
      minimum: 1,
      maximum: 1_048_576,
      default: 1_024,
      description: 'Bound of the buffer file in MB.',
    }),
    maxAgeDays: Type.Number({
      exclusiveMinimum: 0,
      maximum: 3_650,
      default: 30,
      description: 'Unsent values older than this are dropped, with a gap row.',
    }),
    keepAcknowledgedHours: Type.Number({
      minimum: 0,
      maximum: 8_760,
      default: 24,
      description: 'Committed values are kept this long for a replay, where space allows.',
    }),
    commitIntervalMs: Type.Integer({
      minimum: 0,
      maximum: 5_000,
      default: 20,
      description: 'Least time between two writes to disk, in milliseconds.',
    }),
  },
  { ...closed, default: {}, description: 'The store on disk.' },
);

const CounterSettings = Type.Object(
  {
    kind: Type.Enum([...counterKinds], {
      default: 'cumulative',
      description: 'cumulative: a running total. delta: pieces since the last value. pulse: one piece at each change.',
    }),
    modulus: Type.Optional(
      Type.Integer({
        minimum: 2,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Where the counter rolls over: 65536 for 16 bits.',
      }),
    ),
  },
  { ...closed, description: 'How this counter counts.' },
);

export const TagSettings = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 200,
      pattern: '^[^\\u0000-\\u001f]+$',
      description: 'Name of the tag, unique in its device.',
    }),
    address: Type.String({
      minLength: 1,
      maxLength: 1_000,
      description: 'OPC UA: ns=1;s=Filler.State. Modbus: unit 1 holding 100 uint32.',
    }),
    datatype: Type.Optional(
      Type.Enum(
        [
          'Int8',
          'Int16',
          'Int32',
          'Int64',
          'UInt8',
          'UInt16',
          'UInt32',
          'UInt64',
          'Float',
          'Double',
          'Boolean',
          'String',
        ],
        {
          description: 'Needed for OPC UA; for Modbus it follows from the address.',
        },
      ),
    ),
    role: Type.Optional(Type.Enum([...tagRoles], { description: 'What the value means for the machine.' })),
    machine: Type.Optional(Type.String({ minLength: 1, description: "Machine it belongs to. Default: the device's." })),
    reason: Type.Optional(
      Type.String({ minLength: 1, description: 'Why a reject_count counts, or what an alarm says.' }),
    ),
    unit: Type.Optional(Type.String({ minLength: 1, maxLength: 20, description: 'Unit of measure: g, N·m, °C, pcs.' })),
    counter: Type.Optional(CounterSettings),
    intervalMs: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 3_600_000,
        description: "How often it is sampled or read, in ms. Default: the device's. 0: every change (OPC UA).",
      }),
    ),
    deadband: Type.Optional(
      Type.Number({ minimum: 0, description: 'Changes up to this are not reported, in the unit of the tag.' }),
    ),
  },
  closed,
);

const deviceBase = {
  name: Type.String({ ...sparkplugId, description: 'Name of the device, unique in this agent.' }),
  machine: Type.Optional(Type.String({ minLength: 1, description: 'Machine of all its tags that name none.' })),
  intervalMs: Type.Integer({
    minimum: 0,
    maximum: 3_600_000,
    default: 1_000,
    description: 'How often tags are sampled or read that say nothing else, in ms.',
  }),
  clock: Type.Object(
    {
      toleranceMs: Type.Integer({
        minimum: 10,
        maximum: 86_400_000_000,
        default: 2_000,
        description: 'How far the device’s time may be from ours to be believed, in ms.',
      }),
    },
    { ...closed, default: {}, description: "The device's clock." },
  ),
  tags: Type.Array(TagSettings, { minItems: 1, maxItems: 50_000, description: 'The tags of this device.' }),
};

const OpcuaDevice = Type.Object(
  { driver: Type.Literal('opcua'), settings: opcuaSettings, ...deviceBase },
  { ...closed, description: 'A device behind an OPC UA server.' },
);
const ModbusDevice = Type.Object(
  { driver: Type.Literal('modbus'), settings: ModbusSettings, ...deviceBase },
  { ...closed, description: 'Devices behind one Modbus link.' },
);

/** The schema of each driver's device, for messages that speak of one driver only. */
export const deviceSchemas = { opcua: OpcuaDevice, modbus: ModbusDevice } as const;

const shared = {
  agent: AgentSettings,
  uplink: UplinkSettings,
  buffer: BufferSettings,
};

/** Everything but the devices, which are checked by their driver's schema. */
export const EdgeFile = Type.Object(
  {
    ...shared,
    devices: Type.Array(Type.Object({ driver: Type.Enum(['opcua', 'modbus']) }), { minItems: 0, maxItems: 500 }),
  },
  closed,
);

/** The whole file, for editors and documentation. */
export const EdgeConfigSchema = Type.Object(
  {
    ...shared,
    devices: Type.Array(Type.Union([OpcuaDevice, ModbusDevice]), {
      maxItems: 500,
      description: 'What this agent reads.',
    }),
  },
  { ...closed, description: 'Configuration of a Unison edge agent.' },
);

export type EdgeConfig = Static<typeof EdgeConfigSchema>;
export type DeviceConfig = EdgeConfig['devices'][number];
export type TagConfig = Static<typeof TagSettings>;
