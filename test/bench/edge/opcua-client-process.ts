// The reference of edge.samples: a bare node-opcua subscription to the same variables, with a handler
// that only counts.

import {
  AttributeIds,
  ClientMonitoredItemGroup,
  ClientSubscription,
  MessageSecurityMode,
  OPCUAClient,
  SecurityPolicy,
  TimestampsToReturn,
} from 'node-opcua';
import { obey } from '../obey.ts';

export interface BareSubscription {
  readonly endpoint: string;
  readonly tags: number;
  readonly publishingInterval: number;
  readonly queueSize: number;
}

const groupSize = 1_000;
const state: { changes: number; client: OPCUAClient | null } = { changes: 0, client: null };

obey({
  async start({ endpoint, tags, publishingInterval, queueSize }: BareSubscription) {
    const client = OPCUAClient.create({
      securityMode: MessageSecurityMode.None,
      securityPolicy: SecurityPolicy.None,
      endpointMustExist: false,
    });
    state.client = client;
    await client.connect(endpoint);
    const session = await client.createSession();
    const subscription = ClientSubscription.create(session, {
      requestedPublishingInterval: publishingInterval,
      requestedLifetimeCount: 1_000,
      requestedMaxKeepAliveCount: 20,
      maxNotificationsPerPublish: 10_000,
      publishingEnabled: true,
      priority: 0,
    });
    for (let from = 0; from < tags; from += groupSize) {
      const items = Array.from({ length: Math.min(groupSize, tags - from) }, (_, index) => ({
        nodeId: `ns=1;s=Bulk.${from + index}`,
        attributeId: AttributeIds.Value,
      }));
      const group = ClientMonitoredItemGroup.create(
        subscription,
        items,
        { samplingInterval: 0, queueSize, discardOldest: true },
        TimestampsToReturn.Both,
      );
      group.on('changed', () => {
        state.changes++;
      });
      await new Promise<void>((resolve) => group.once('initialized', resolve));
    }
  },
  changes(): number {
    return state.changes;
  },
});
