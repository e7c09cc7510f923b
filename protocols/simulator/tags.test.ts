// The tag map is what edges are configured from: its addresses must be those our drivers read.

import { describe, expect, it } from 'vitest';
import { defaultDatatype, parseAddress } from '../modbus/address.ts';
import { formatOpcuaAddress, parseOpcuaAddress } from '../opcua/address.ts';
import { readableAreas, span } from './modbus-place.ts';
import { plantTags } from './tags.ts';

describe('the tag map', () => {
  it('names each tag and each place once', () => {
    expect(new Set(plantTags.map((tag) => tag.name)).size).toBe(plantTags.length);
    expect(new Set(plantTags.map((tag) => tag.address)).size).toBe(plantTags.length);
  });

  it('prints Modbus addresses the driver understands as they are meant', () => {
    const tags = plantTags.filter((tag) => tag.modbus !== null);
    expect(tags.length).toBeGreaterThan(30);
    for (const tag of tags) {
      const place = tag.modbus;
      if (place === null) continue;
      const parsed = parseAddress(tag.address);
      expect(parsed, tag.address).toMatchObject({
        unit: place.unit,
        table: place.area,
        start: place.address,
        length: span(place),
      });
      expect(defaultDatatype(parsed), tag.address).toBe(tag.datatype);
    }
  });

  it('prints OPC UA addresses the driver understands', () => {
    for (const tag of plantTags.filter((one) => one.protocol === 'opcua')) {
      expect(formatOpcuaAddress(parseOpcuaAddress(tag.address)), tag.name).toBe(tag.address);
    }
  });

  it('puts every register where its unit answers, and no two tags into one', () => {
    const taken = new Map<string, string>();
    for (const { name, modbus: place } of plantTags) {
      if (place === null) continue;
      const areas = readableAreas[place.unit]?.[place.area] ?? [];
      const last = place.address + span(place) - 1;
      expect(
        areas.some(([from, to]) => place.address >= from && last <= to),
        name,
      ).toBe(true);
      for (let register = place.address; register <= last; register++) {
        const key = `${place.unit} ${place.area} ${register} ${place.type === 'bit' ? place.size : ''}`;
        expect(taken.get(key), name).toBe(undefined);
        taken.set(key, name);
      }
    }
  });

  it('gives every machine its roles: state, order, material, total, good and a reason for each reject', () => {
    for (const machine of ['filler', 'capper', 'labeller', 'packer']) {
      const tags = plantTags.filter((tag) => tag.machine === machine);
      for (const role of ['state', 'order', 'material', 'total_count', 'good_count']) {
        expect(
          tags.filter((tag) => tag.role === role),
          `${machine} ${role}`,
        ).toHaveLength(1);
      }
      const rejects = tags.filter((tag) => tag.role === 'reject_count');
      expect(rejects.length).toBeGreaterThan(1);
      expect(rejects.every((tag) => tag.reason !== null && tag.modulus !== null)).toBe(true);
    }
  });
});
