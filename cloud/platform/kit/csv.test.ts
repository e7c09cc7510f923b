// CSV files that are wrong: each line says in its own words what is the matter, and the others are read.

import { describe, expect, it } from 'vitest';
import { CsvError, type CsvFault, readCsv } from './csv.ts';
import { defineResource, integer, text } from './resource.ts';

const tools = defineResource({
  name: 'tools',
  singular: 'tool',
  table: 'tools',
  scope: 'organization',
  title: 'name',
  key: ['code'],
  order: 'name',
  fields: {
    code: text({ required: true }),
    name: text({ required: true, sort: true, multiline: true }),
    weight: integer({ unit: 'kg' }),
  },
});

const read = (csv: string) => readCsv(tools, new TextEncoder().encode(csv));

/** What a file is refused for as a whole. */
function refusal(csv: string): CsvFault {
  try {
    read(csv);
  } catch (error) {
    if (error instanceof CsvError) return error.fault;
    throw error;
  }
  throw new Error('it was taken');
}

describe('a line with too few or too many cells', () => {
  it('says its number, how many cells it has and how many are expected; the others are read', () => {
    const { rows, count, faults } = read('code,name,weight\nA,Anvil\nB,"two\nlines",1\nC,Clamp,2,3\nD,Drill,4\n');
    expect(faults).toEqual([
      {
        line: 2,
        column: null,
        message: 'Line 2 has 2 cells, and 3 are expected: as many as the first line names columns.',
        code: 'cell_count',
        params: { line: 2, count: 2, expected: 3 },
      },
      expect.objectContaining({ line: 5, params: { line: 5, count: 4, expected: 3 } }),
    ]);
    expect(rows.map(({ line, values }) => [line, values['code']])).toEqual([
      [3, 'B'],
      [6, 'D'],
    ]);
    expect(count).toBe(4);
  });

  it('is one cell, not one cells', () => {
    expect(read('code,name\nA\n').faults[0]?.message).toContain('has 1 cell,');
  });
});

describe('a file that cannot be read', () => {
  it.each([
    [
      'code,name\nA,Anvil\nB,"Bolt\nC,Clamp\n',
      3,
      'The row that begins in line 3 opens a quotation mark that is never closed.',
    ],
    ['code,name\nA,5" pipe\n', 2, 'A quotation mark stands inside a cell.'],
    ['code,name\nA,"5" pipe"\n', 2, 'A quotation mark stands inside a cell.'],
  ])('%j says where and what, in no words of a parser', (csv, line, words) => {
    expect(refusal(csv)).toMatchObject({ line, column: null });
    expect(refusal(csv).message).toContain(words);
  });
});

it('a cell that is no number says so and what stands there', () => {
  expect(read('code,name,weight\nA,Anvil,heavy\n').faults).toEqual([
    {
      line: 2,
      column: 'weight',
      message: 'must be a whole number, not "heavy"',
      code: 'type',
      params: { expected: 'integer', given: 'heavy' },
    },
  ]);
});
