// /paired-devices: what administrators do with devices; /device: what a device does itself, by its cookie.

import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import type { Database } from '../../platform/database.ts';
import { issueAccessToken } from '../../platform/http/authentication.ts';
import { asActor } from '../../platform/http/context.ts';
import { kindOf } from '../../platform/kit/commands.ts';
import { addResource } from '../../platform/kit/routes.ts';
import { RecordParams } from '../../platform/kit/schemas.ts';
import {
  clearDeviceCookie,
  deviceToken,
  type PairedDevice,
  refuseForeignPages,
  setDeviceCookie,
} from '../identity/index.ts';
import { renew, usersOf } from './queries.ts';
import { pairedDevices } from './resource.ts';
import { pairedDeviceRules } from './rules.ts';
import { Code, DeviceSession, DeviceUsers, PairBody } from './schema.ts';
import { DEVICE_LIFETIME_S, deviceOf, hashOfCode, newCode, offerCode, pairDevice } from './service.ts';

export interface PairedDevicesOptions {
  readonly db: Database;
  /** Pages from elsewhere that may call the API. */
  readonly allowedOrigins: readonly string[];
}

const tags = ['paired-devices'];
const isPublic = { permission: 'public' } as const;

export const pairedDevicesRoutes: FastifyPluginAsyncTypebox<PairedDevicesOptions> = async (
  app,
  { db, allowedOrigins },
) => {
  refuseForeignPages(app, allowedOrigins);
  addResource(app, { db, kind: kindOf(pairedDevices, pairedDeviceRules) });

  app.post(
    '/paired-devices/:id/code',
    {
      config: { permission: 'paired-devices.pair', secretAnswer: true },
      schema: {
        tags,
        summary: 'A one-time code to pair a device, good for 10 minutes',
        params: RecordParams,
        response: { 200: Code },
      },
    },
    (request) => {
      const code = newCode();
      return asActor({ db, request }, async (ctx) => {
        const { expiresAt } = await offerCode(ctx, { id: request.params.id, hash: hashOfCode(code) });
        return { code, path: `/pair#code=${code}`, expiresAt };
      });
    },
  );

  app.post(
    '/device/pair',
    {
      config: isPublic,
      schema: { tags, summary: 'Pair this device with a code', body: PairBody, response: { 200: DeviceSession } },
    },
    async (request, reply) => {
      const { token, device } = await pairDevice(db, { code: request.body.code, requestId: request.id });
      setDeviceCookie({ request, reply }, { token, maxAgeS: DEVICE_LIFETIME_S });
      return sessionOf(app, device);
    },
  );

  app.post(
    '/device/session',
    {
      config: isPublic,
      schema: { tags, summary: 'An access token of the paired device itself', response: { 200: DeviceSession } },
    },
    async (request, reply) => {
      const token = deviceToken(request);
      try {
        const { device, tokenHash } = await deviceOf(db, token);
        await renew(db, tokenHash);
        setDeviceCookie({ request, reply }, { token: token ?? '', maxAgeS: DEVICE_LIFETIME_S });
        return sessionOf(app, device);
      } catch (error) {
        clearDeviceCookie(reply);
        throw error;
      }
    },
  );

  app.get(
    '/device/users',
    {
      config: isPublic,
      schema: {
        tags,
        summary: 'Who may sign in on this tablet with a PIN: names only',
        response: { 200: DeviceUsers },
      },
    },
    (request) => listUsers(db, deviceToken(request)),
  );
};

async function listUsers(db: Database, token: string | undefined): Promise<Static<typeof DeviceUsers>> {
  const { tokenHash } = await deviceOf(db, token);
  return { items: await usersOf(db, tokenHash) };
}

function sessionOf(app: FastifyInstance, device: PairedDevice): Static<typeof DeviceSession> {
  const { session_id: sessionId, organization_id: organizationId, name } = device;
  return {
    ...issueAccessToken(app, { sessionId, userId: null, organizationId, name }),
    device: { id: device.device_id, name, kind: device.kind },
    organization: { id: organizationId, name: device.organization_name },
    plant: { id: device.plant_id, name: device.plant_name },
  };
}
