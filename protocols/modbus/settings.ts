// The settings of one Modbus link, as a schema: the edge's YAML is checked against it, editors complete
// from it, and the driver's types come from it.
import Type, { type Static } from 'typebox';
import { protocolLimits } from './pdu.ts';

const lastAddress = 65_535;

const ForbiddenRange = Type.Object(
  {
    table: Type.Enum(['holding', 'input', 'coil', 'discrete'], { description: 'The table the addresses are in.' }),
    from: Type.Integer({ minimum: 0, maximum: lastAddress, description: 'First forbidden address, zero-based.' }),
    to: Type.Integer({ minimum: 0, maximum: lastAddress, description: 'Last forbidden address.' }),
  },
  { additionalProperties: false, description: 'Addresses `from` to `to`, both included, are never touched.' },
);

const milliseconds = { minimum: 10, maximum: 60_000 };
const registers = { minimum: 1, maximum: protocolLimits.registers };
const bits = { minimum: 1, maximum: protocolLimits.bits };
const gap = { minimum: 0, maximum: protocolLimits.registers - 1 };
const ranges = { maxItems: 1_000 };

const UnitOverride = Type.Object(
  {
    timeoutMs: Type.Optional(Type.Integer({ ...milliseconds, description: "Instead of the link's timeoutMs." })),
    maxRegisters: Type.Optional(Type.Integer({ ...registers, description: "Instead of the link's maxRegisters." })),
    maxBits: Type.Optional(Type.Integer({ ...bits, description: "Instead of the link's maxBits." })),
    maxGap: Type.Optional(Type.Integer({ ...gap, description: "Instead of the link's maxGap." })),
    forbidden: Type.Optional(Type.Array(ForbiddenRange, { ...ranges, description: "Besides the link's forbidden." })),
  },
  { additionalProperties: false },
);

/** Schema of a Modbus link's settings. */
export const ModbusSettings = Type.Object(
  {
    framing: Type.Enum(['tcp', 'rtu_over_tcp'], {
      default: 'tcp',
      description:
        'tcp: Modbus TCP, spoken by devices and most gateways. rtu_over_tcp: serial frames with checksum, through a plain serial-to-Ethernet converter.',
    }),
    host: Type.String({ minLength: 1, maxLength: 253, description: 'Name or IP address of the device or gateway.' }),
    port: Type.Integer({ minimum: 1, maximum: 65_535, default: 502, description: 'TCP port.' }),
    connectTimeoutMs: Type.Integer({
      ...milliseconds,
      default: 5_000,
      description: 'How long to wait for a connection, in milliseconds.',
    }),
    timeoutMs: Type.Integer({
      ...milliseconds,
      default: 1_000,
      description: 'How long to wait for the answer to one request, in milliseconds.',
    }),
    delayMs: Type.Integer({
      minimum: 0,
      maximum: 10_000,
      default: 0,
      description: 'Pause between two requests, in milliseconds, for devices that cannot keep up.',
    }),
    maxRegisters: Type.Integer({
      ...registers,
      default: protocolLimits.registers,
      description: 'Registers read by one request at most. Lower it for devices that refuse 125.',
    }),
    maxBits: Type.Integer({
      ...bits,
      default: protocolLimits.bits,
      description: 'Coils or discrete inputs read by one request at most.',
    }),
    maxGap: Type.Integer({
      ...gap,
      default: 8,
      description: 'Registers (or bits) in a row that may be read although no tag wants them, to save a request.',
    }),
    forbidden: Type.Array(ForbiddenRange, {
      ...ranges,
      default: [],
      description: 'Addresses of every unit that are never touched, for instance those that clear a counter when read.',
    }),
    units: Type.Record(Type.String({ pattern: '^(\\d|[1-9]\\d|1\\d\\d|2[0-4]\\d|25[0-5])$' }), UnitOverride, {
      default: {},
      // Not `false`: typebox 1.4.3 fails in Value.Default on a record whose other keys are refused by a boolean.
      additionalProperties: Type.Never(),
      description: 'Overrides by unit number, "0" to "255".',
    }),
  },
  { additionalProperties: false, description: 'One Modbus link: a connection with one or many units behind it.' },
);

export type ModbusSettings = Static<typeof ModbusSettings>;

/** What holds for one unit of the link. */
export type UnitSettings = Pick<ModbusSettings, 'timeoutMs' | 'maxRegisters' | 'maxBits' | 'maxGap' | 'forbidden'>;

/** The settings of one unit: the link's, with the unit's overrides. */
export function unitSettings(settings: ModbusSettings, unit: number): UnitSettings {
  const override = settings.units[String(unit)] ?? {};
  return { ...settings, ...override, forbidden: [...settings.forbidden, ...(override.forbidden ?? [])] };
}
