// The tree keeps the design's rules, and each rule would notice if it did not.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseTree, rules } from './support/architecture.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const areas = ['protocols', 'edge', 'cloud', 'deploy', 'test'];

function readCheckout(): Map<string, string> {
  const tree = new Map<string, string>();
  for (const area of areas) {
    for (const entry of readdirSync(path.join(root, area), { withFileTypes: true, recursive: true })) {
      const file = path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/');
      if (!entry.isFile() || !/\.(ts|tsx|mts|mjs)$/.test(file) || /(^|\/)(node_modules|dist)\//.test(file)) continue;
      tree.set(file, readFileSync(path.join(root, file), 'utf8'));
    }
  }
  return tree;
}

/** For each rule: trees it must complain about, and one it must leave alone. */
const examples: Record<string, { bad: Record<string, string>[]; good: Record<string, string> }> = {
  'protocols know neither edge nor cloud': {
    bad: [
      { 'protocols/modbus/driver.ts': `import { start } from '../../edge/agent.ts';` },
      { 'protocols/modbus/driver.ts': `import type { Row } from '../../cloud/platform/db.ts';` },
      { 'protocols/modbus/driver.ts': `export * from '../../edge/agent.ts';` },
      { 'protocols/modbus/driver.ts': `const late = await import('../../edge/agent.ts');` },
    ],
    good: {
      'protocols/modbus/driver.ts': `import { x } from '../driver.ts'; import { connect } from 'node:net';`,
      'protocols/modbus/driver.test.ts': `import { conformance } from '../../test/conformance/driver.ts';`,
    },
  },
  'the edge knows only protocols': {
    bad: [{ 'edge/uplink/uplink.ts': `import { log } from '../../cloud/platform/log.ts';` }],
    good: { 'edge/uplink/uplink.ts': `import { encode } from '../../protocols/sparkplug/payload.ts';` },
  },
  'the cloud speaks Sparkplug and no other protocol': {
    bad: [
      { 'cloud/ingest/decode.ts': `import { crc } from '../../protocols/modbus/codec.ts';` },
      { 'cloud/main.ts': `import { buffer } from '../edge/buffer/buffer.ts';` },
    ],
    good: { 'cloud/ingest/decode.ts': `import { decode } from '../../protocols/sparkplug/payload.ts';` },
  },
  'the platform knows nothing that is built on it': {
    bad: [
      { 'cloud/platform/http.ts': `import { rules } from '../domains/orders/index.ts';` },
      { 'cloud/platform/http.ts': `import { ingest } from '../ingest/ingest.ts';` },
    ],
    good: { 'cloud/platform/http.ts': `import { log } from './log.ts';` },
  },
  "a domain reaches another through the other's index": {
    bad: [
      { 'cloud/domains/quality/service.ts': `import { find } from '../orders/queries.ts';` },
      { 'cloud/kpi/worker.ts': `import { find } from '../domains/orders/queries.ts';` },
    ],
    good: {
      'cloud/domains/quality/service.ts': `import { find } from '../orders/index.ts'; import { own } from './queries.ts';`,
    },
  },
  'the screens take nothing but types and declarations from the servers': {
    bad: [
      { 'cloud/web/api.ts': `import { schema } from '../domains/orders/index.ts';` },
      { 'cloud/web/api.ts': `import { type Order, schema } from '../domains/orders/index.ts';` },
      { 'cloud/web/api.ts': `import { readFile } from 'node:fs/promises';` },
      { 'cloud/web/api.ts': `import { addResource } from '../platform/kit/routes.ts';` },
    ],
    good: {
      'cloud/web/api.tsx': `import type { Order } from '../domains/orders/index.ts'; import { useState } from 'react';`,
      'cloud/web/pages/orders.ts': `import { orders } from '../../domains/orders/resource.ts'; import { offers } from '../../platform/kit/resource.ts';`,
    },
  },
  'a declaration is data only': {
    bad: [
      { 'cloud/domains/orders/resource.ts': `import { sql } from 'kysely';` },
      { 'cloud/domains/orders/resource.ts': `import { states } from './rules.ts';` },
      { 'cloud/platform/kit/resource.ts': `import { randomUUID } from 'node:crypto';` },
    ],
    good: {
      'cloud/domains/orders/resource.ts': `import { text } from '../../platform/kit/resource.ts'; import type { O } from './schema.ts';`,
    },
  },
  'nothing imports a main': {
    bad: [{ 'test/flow/start.ts': `import '../../edge/main.ts';` }],
    good: { 'test/flow/start.ts': `import { mainTopic } from './topics.ts';` },
  },
  'no cycles': {
    bad: [
      {
        'edge/a.ts': `import { b } from './b.ts';`,
        'edge/b.ts': `import { c } from './c.ts';`,
        'edge/c.ts': `import { a } from './a.ts';`,
      },
      { 'edge/a.ts': `import { a } from './a.ts';` },
    ],
    good: { 'edge/a.ts': `import { b } from './b.ts';`, 'edge/b.ts': `import type { A } from './a.ts';` },
  },
  'no server package in the plant': {
    bad: [
      { 'edge/buffer/store.ts': `import pg from 'pg';` },
      { 'edge/health.ts': `import fastify from 'fastify';` },
      { 'protocols/simulator/main.ts': `import { Migrator } from 'kysely/migration';` },
      { 'edge/jobs.ts': `const { Queue } = await import('bullmq');` },
      { 'edge/health.ts': `import helmet from '@fastify/helmet';` },
    ],
    good: { 'edge/buffer/store.ts': `import { DatabaseSync } from 'node:sqlite'; import pino from 'pino';` },
  },
  'only config.ts reads the environment': {
    bad: [
      { 'edge/uplink/uplink.ts': `const url = process.env.URL;` },
      { 'cloud/platform/db.ts': `const { PGHOST } = process['env'];` },
      { 'protocols/opcua/driver.ts': `import { env } from 'node:process';` },
    ],
    good: {
      'edge/config.ts': `const url = process.env.URL;`,
      'edge/agent.ts': `/* never process.env here */ const pid = process.pid;`,
      'deploy/setup/tasks.ts': `const ci = process.env.CI;`,
    },
  },
  'no file over 500 lines': {
    bad: [{ 'edge/a.ts': '// many\n'.repeat(501) }],
    good: { 'edge/a.ts': '// many\n'.repeat(500), 'cloud/schema.ts': `// Generated by a tool\n${'x;\n'.repeat(900)}` },
  },
  'a file says first what it is for': {
    bad: [
      { 'edge/a.ts': `import { b } from './b.ts';\n// The agent.` },
      { 'edge/a.ts': '#!/usr/bin/env node\nrun();' },
    ],
    good: {
      'edge/a.ts': '// The agent.\n',
      'edge/b.ts': '/** The other. */',
      'edge/c.ts': '#!/usr/bin/env node\n// CLI.',
    },
  },
  'file names are kebab-case': {
    bad: [{ 'edge/lastValues.ts': '' }, { 'edge/last_values.ts': '' }, { 'cloud/web/Board.tsx': '' }],
    good: {
      'edge/last-values.test.ts': '',
      'vitest.config.ts': '',
      'deploy/setup/lock.d.mts': '',
      'cloud/web/board.tsx': '',
    },
  },
};

describe('the architecture', () => {
  const files = parseTree(readCheckout());

  it.each(Object.entries(rules))('%s', (_name, rule) => {
    expect(rule(files)).toEqual([]);
  });
});

describe('the rules of the architecture', () => {
  it('each have an example', () => {
    expect(Object.keys(examples)).toEqual(Object.keys(rules));
  });

  it.each(Object.entries(examples))('%s: complains when broken, and only then', (name, { bad, good }) => {
    const rule = rules[name];
    for (const tree of bad) {
      expect(rule?.(parseTree(new Map(Object.entries(tree)))), JSON.stringify(tree)).toHaveLength(1);
    }
    expect(rule?.(parseTree(new Map(Object.entries(good))))).toEqual([]);
  });
});
