// Where a Modbus value lies: unit, area, address and form, as text for a configuration, and which
// registers the simulated units have at all.

export type RegisterType = 'uint16' | 'int16' | 'uint32' | 'int32' | 'float32' | 'string' | 'bit';
export type WordOrder = 'abcd' | 'cdab' | 'badc' | 'dcba';

/** Where a Modbus tag lies; `address` is the zero-based protocol address. */
export interface ModbusPlace {
  readonly unit: number;
  readonly area: 'holding' | 'input' | 'coil' | 'discrete';
  readonly address: number;
  readonly type: RegisterType;
  /** Byte order of 32-bit values, A being the most significant byte. */
  readonly order: WordOrder;
  /** Characters of a string, bit number of a bit; 0 otherwise. */
  readonly size: number;
  /** Register value times scale is the value in the tag's unit. */
  readonly scale: number;
}

/** Modbus units by number. The packer also answers as RTU over TCP on a port of its own. */
export const modbusUnits = { labeller: 1, packer: 2, energy: 3 } as const;

/** Registers a unit answers for; anything outside is an illegal data address. [first, last], both included. */
export const readableAreas: Readonly<
  Record<number, Readonly<Record<ModbusPlace['area'], readonly (readonly [number, number])[]>>>
> = {
  // Between 64 and 99 lie registers of the manufacturer's own: reading across them fails.
  1: {
    holding: [
      [0, 63],
      [100, 131],
      [200, 231],
    ],
    input: [],
    coil: [
      [0, 15],
      [32, 47],
    ],
    discrete: [[0, 15]],
  },
  2: {
    holding: [
      [0, 63],
      [200, 231],
    ],
    input: [],
    coil: [
      [0, 15],
      [32, 47],
    ],
    discrete: [],
  },
  3: { holding: [], input: [[0, 31]], coil: [], discrete: [] },
};

/** Registers and coils of units 1 and 2 that may be written; they do nothing but remember. */
export const scratch = { holding: [200, 231], coil: [32, 47] } as const;

/** `unit 2 holding 10 uint32 cdab`: the address text the Modbus driver reads. */
export function modbusAddress(place: ModbusPlace): string {
  const start = `unit ${place.unit} ${place.area} ${place.address}`;
  if (place.area === 'coil' || place.area === 'discrete') return start;
  const scale = place.scale === 1 ? '' : ` scale ${place.scale}`;
  switch (place.type) {
    case 'uint16':
    case 'int16':
      return `${start} ${place.type}${scale}`;
    case 'uint32':
    case 'int32':
    case 'float32':
      return `${start} ${place.type} ${place.order}${scale}`;
    case 'string':
    case 'bit':
      return `${start} ${place.type} ${place.size}`;
  }
}

/** Registers (or bits) a tag covers. */
export function span(place: ModbusPlace): number {
  switch (place.type) {
    case 'uint32':
    case 'int32':
    case 'float32':
      return 2;
    case 'string':
      return Math.ceil(place.size / 2);
    default:
      return 1;
  }
}
