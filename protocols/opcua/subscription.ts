// A subscription to data changes: monitored items in groups the server can take, the publish loop, and
// the slow retry of items the server refuses.
//
//   created ──start()──▶ running ──stop(), or the connection is lost──▶ stopped
//
// An item is absent (not created yet, or refused), present (delivering), or dead (present, but its last
// status says the node is gone, as after a PLC download). At intervals absent and dead items are created
// anew, since the node may have come back; the others are not touched.
//
// Notifications are taken from the publish responses themselves. node-opcua's own subscription object
// hands each value to an event emitter of its item and searches all values for opaque structures first.

import {
  AttributeIds,
  CreateMonitoredItemsRequest,
  type CreateMonitoredItemsResponse,
  CreateSubscriptionRequest,
  type CreateSubscriptionResponse,
  coerceStatusCode,
  DataChangeFilter,
  DataChangeNotification,
  DataChangeTrigger,
  DeadbandType,
  DeleteMonitoredItemsRequest,
  type DeleteMonitoredItemsResponse,
  MonitoringMode,
  type NodeId,
  PublishRequest,
  type PublishResponse,
  StatusChangeNotification,
  TimestampsToReturn,
} from 'node-opcua';
import { DriverError, type DriverEvents, type DriverLog, type DriverTag, status } from '../driver.ts';
import type { OpcuaConnection } from './connection.ts';
import { ServiceError } from './errors.ts';
import { inGroups } from './groups.ts';
import { resolveAddress } from './nodes.ts';
import type { OpcuaSettings } from './settings.ts';
import { appendDataValue, appendStatus, type Columns, newColumns, readingsOf } from './values.ts';

/** Publish requests kept waiting at the server, so that the next report needs no round trip. */
const PUBLISH_AHEAD = 3;
/** Bounds one publish response; the server sends the rest in the next. */
const MAX_NOTIFICATIONS = 1_000;
const KEEP_ALIVES_MISSED = 3;
const MAX_SEQUENCE = 0xffff_ffff;
/** Bad_NodeIdUnknown, Bad_NodeIdInvalid, Bad_NodeNotInView: the node went away under a living item. */
const goneStatuses = new Set<number>([status.badNodeIdUnknown, 0x8033_0000, 0x804e_0000]);
const filterRefused =
  /^Bad(FilterNotAllowed|MonitoredItemFilterUnsupported|MonitoredItemFilterInvalid|DeadbandFilterInvalid|TypeMismatch)$/;

interface SubscriptionOptions {
  readonly connection: OpcuaConnection;
  readonly settings: OpcuaSettings;
  readonly events: DriverEvents;
  readonly log: DriverLog;
  readonly tags: readonly DriverTag[];
}

interface Item {
  readonly tag: number;
  readonly node: NodeId;
}

export class OpcuaSubscription {
  readonly #connection: OpcuaConnection;
  readonly #settings: OpcuaSettings;
  readonly #events: DriverEvents;
  readonly #log: DriverLog;
  readonly #tags: readonly DriverTag[];
  /** The server's id of each tag's item; 0 while absent. */
  readonly #itemIds: Uint32Array;
  /** 1 while the next value of a tag is its first. */
  readonly #fresh: Uint8Array;
  #freshCount = 0;
  readonly #dead = new Set<number>();
  readonly #absent = new Map<number, number>();
  readonly #withoutFilter = new Set<number>();
  readonly #warned = new Set<number>();
  readonly #stop = new AbortController();
  #id = 0;
  #aliveMs = 0;
  #publishing = 0;
  #publishAhead = PUBLISH_AHEAD;
  #expectedSequence = 0;
  #acknowledge: number[] = [];
  #retry: NodeJS.Timeout | null = null;

  constructor(options: SubscriptionOptions) {
    this.#connection = options.connection;
    this.#settings = options.settings;
    this.#events = options.events;
    this.#log = options.log;
    this.#tags = options.tags;
    this.#itemIds = new Uint32Array(options.tags.length);
    this.#fresh = new Uint8Array(options.tags.length);
  }

  /** Resolves when every item is created or refused; readings may arrive before. */
  async start(signal: AbortSignal): Promise<void> {
    const both = AbortSignal.any([signal, this.#stop.signal]);
    await this.#create();
    for (let n = 0; n < this.#publishAhead; n += 1) this.#publish();
    await this.#createItems(
      this.#tags.map((_, tag) => tag),
      both,
    );
    if (!this.#stop.signal.aborted) this.#scheduleRetry();
  }

  /** Sends nothing and delivers nothing from now on. The server forgets the subscription with the session. */
  stop(): void {
    this.#stop.abort();
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
  }

  async #create(): Promise<void> {
    const { publishingInterval, keepAlive, lifetime } = this.#settings;
    const keepAliveCount = Math.max(1, Math.round(keepAlive / publishingInterval));
    const response = await this.#connection.request<CreateSubscriptionResponse>(
      new CreateSubscriptionRequest({
        requestedPublishingInterval: publishingInterval,
        requestedMaxKeepAliveCount: keepAliveCount,
        // OPC 10000-4, 5.14.2.2: at least three times the keep-alive count.
        requestedLifetimeCount: Math.max(3 * keepAliveCount, Math.round(lifetime / publishingInterval)),
        maxNotificationsPerPublish: MAX_NOTIFICATIONS,
        publishingEnabled: true,
        priority: 0,
      }),
    );
    this.#id = response.subscriptionId;
    this.#aliveMs = response.revisedMaxKeepAliveCount * response.revisedPublishingInterval;
  }

  #publish(): void {
    if (this.#stop.signal.aborted) return;
    this.#publishing += 1;
    const request = new PublishRequest({
      // The n-th waiting request is answered after n keep-alives at the latest; later the peer is lost.
      requestHeader: {
        timeoutHint: this.#aliveMs * (KEEP_ALIVES_MISSED + this.#publishAhead) + this.#settings.requestTimeout,
      },
      subscriptionAcknowledgements: this.#acknowledge.map((sequenceNumber) => ({
        subscriptionId: this.#id,
        sequenceNumber,
      })),
    });
    this.#acknowledge = [];
    this.#connection.request<PublishResponse>(request).then(
      (response) => this.#onResponse(response),
      (error: unknown) => this.#onRefused(error),
    );
  }

  #onResponse(response: PublishResponse): void {
    this.#publishing -= 1;
    if (this.#stop.signal.aborted) return;
    if (response.subscriptionId !== this.#id) {
      // Of a subscription that was given up; the server answers any waiting request of the session with it.
      this.#publish();
      return;
    }
    const { notificationMessage } = response;
    const notifications = notificationMessage.notificationData ?? [];
    if (notifications.length > 0) {
      this.#checkSequence(notificationMessage.sequenceNumber);
      this.#acknowledge.push(notificationMessage.sequenceNumber);
    }
    // Asked for the next report before this one is digested, so that the server never waits for us.
    if (this.#publishing < this.#publishAhead) this.#publish();
    if (notifications.length === 0) this.#events.alive();
    for (const notification of notifications) {
      if (notification instanceof DataChangeNotification) this.#onChanges(notification);
      else if (notification instanceof StatusChangeNotification) this.#onStatusChange(notification);
    }
  }

  #onRefused(error: unknown): void {
    this.#publishing -= 1;
    // A lost connection has told the driver already.
    if (this.#stop.signal.aborted || !(error instanceof ServiceError)) return;
    if (error.statusName === 'BadTooManyPublishRequests' && this.#publishing > 0) {
      this.#publishAhead = this.#publishing;
      return;
    }
    this.#connection.lose(new DriverError('lost', `The subscription ended: ${error.message}.`, { cause: error }));
  }

  #onStatusChange(notification: StatusChangeNotification): void {
    const code = notification.status;
    if (code.value < status.bad) return;
    this.#connection.lose(new DriverError('lost', `The server ended the subscription (${code.name}).`));
  }

  /** OPC 10000-4, 5.14.5: numbers are dense and from 1 on. A keep-alive's number is not looked at; servers differ. */
  #checkSequence(sequence: number): void {
    if (this.#expectedSequence !== 0 && sequence !== this.#expectedSequence) {
      this.#log.warn({ expected: this.#expectedSequence, got: sequence }, 'OPC UA server dropped notifications');
      this.#events.overflow(this.#tags.map((_, tag) => tag));
    }
    this.#expectedSequence = sequence === MAX_SEQUENCE ? 1 : sequence + 1;
  }

  #onChanges(notification: DataChangeNotification): void {
    const changes = newColumns();
    const first = this.#freshCount > 0 ? newColumns() : changes;
    for (const item of notification.monitoredItems ?? []) {
      const tag = item.clientHandle - 1;
      if (tag < 0 || tag >= this.#tags.length) continue;
      let columns = changes;
      if (this.#freshCount > 0 && this.#fresh[tag] === 1) {
        this.#fresh[tag] = 0;
        this.#freshCount -= 1;
        columns = first;
      }
      const code = appendDataValue(columns, tag, item.value);
      if (code !== status.good) this.#noteStatus(tag, code);
      else if (this.#dead.size > 0) this.#dead.delete(tag);
    }
    if (first !== changes) this.#deliver(first, true);
    this.#deliver(changes, false);
  }

  #deliver(columns: Columns, initial: boolean): void {
    // Whoever received the columns before may have closed the driver.
    if (this.#stop.signal.aborted) return;
    if (columns.tag.length > 0) this.#events.readings(readingsOf(columns), initial);
    if (columns.overflow.length > 0 && !this.#stop.signal.aborted)
      this.#events.overflow([...new Set(columns.overflow)]);
  }

  #noteStatus(tag: number, code: number): void {
    if (goneStatuses.has((code & 0xffff_0000) >>> 0)) this.#dead.add(tag);
    else this.#dead.delete(tag);
    if (code === status.badDecodingError) this.#warnOnce(tag, 'has a type no tag can hold (array, structure, bytes)');
  }

  /** Creates the items of these tags; a refused one gives one reading with its Bad status. */
  async #createItems(tags: readonly number[], signal: AbortSignal): Promise<void> {
    const { namespaces, limits } = this.#connection;
    const items: Item[] = [];
    const refused = newColumns();
    for (const tag of tags) {
      const node = resolveAddress(this.#tag(tag).address, namespaces);
      if (node) items.push({ tag, node });
      else this.#refuse(refused, tag, status.badNodeIdUnknown);
    }
    const withoutFilter: Item[] = [];
    await inGroups({
      list: items,
      limit: limits.monitoredItems,
      signal,
      call: async (group) => {
        withoutFilter.push(...(await this.#createGroup(group, refused)));
        return [];
      },
      refused: (group, error) => {
        for (const { tag } of group) this.#refuse(refused, tag, error.statusCode);
        return [];
      },
    });
    if (withoutFilter.length > 0) {
      for (const { tag } of withoutFilter) {
        this.#withoutFilter.add(tag);
        this.#warnOnce(tag, 'cannot have a deadband on this server; all its changes are reported');
      }
      await this.#createItems(
        withoutFilter.map((item) => item.tag),
        signal,
      );
    }
    this.#deliver(refused, true);
  }

  /** Returns the items whose deadband the server does not accept. */
  async #createGroup(group: readonly Item[], refused: Columns): Promise<Item[]> {
    // The first value may arrive with, or before, the answer.
    for (const { tag } of group) this.#markFresh(tag);
    const response = await this.#connection.request<CreateMonitoredItemsResponse>(
      new CreateMonitoredItemsRequest({
        subscriptionId: this.#id,
        timestampsToReturn: TimestampsToReturn.Both,
        itemsToCreate: group.map((item) => this.#itemRequest(item)),
      }),
    );
    const again: Item[] = [];
    group.forEach((item, index) => {
      const result = response.results?.[index];
      const code = result?.statusCode ?? coerceStatusCode('BadInternalError');
      if (result && code.value < status.bad) {
        this.#itemIds[item.tag] = result.monitoredItemId;
        this.#absent.delete(item.tag);
      } else if (filterRefused.test(code.name) && this.#filterOf(item.tag)) again.push(item);
      else this.#refuse(refused, item.tag, code.value);
    });
    return again;
  }

  #itemRequest({ tag, node }: Item) {
    const { intervalMs } = this.#tag(tag);
    const { publishingInterval, queueSize } = this.#settings;
    const filter = this.#filterOf(tag);
    return {
      itemToMonitor: { nodeId: node, attributeId: AttributeIds.Value },
      monitoringMode: MonitoringMode.Reporting,
      requestedParameters: {
        clientHandle: tag + 1,
        samplingInterval: intervalMs,
        // Room for two whole reports, so that one late publish loses nothing.
        queueSize: Math.max(queueSize, intervalMs > 0 ? 2 * Math.ceil(publishingInterval / intervalMs) : queueSize),
        discardOldest: true,
        ...(filter ? { filter } : {}),
      },
    };
  }

  #filterOf(tag: number): DataChangeFilter | null {
    const { deadband } = this.#tag(tag);
    if (deadband <= 0 || this.#withoutFilter.has(tag)) return null;
    return new DataChangeFilter({
      trigger: DataChangeTrigger.StatusValue,
      deadbandType: DeadbandType.Absolute,
      deadbandValue: deadband,
    });
  }

  #markFresh(tag: number): void {
    if (this.#fresh[tag] === 1) return;
    this.#fresh[tag] = 1;
    this.#freshCount += 1;
  }

  /** A refusal is told once, and again when the server gives another reason. */
  #refuse(columns: Columns, tag: number, code: number): void {
    if (this.#fresh[tag] === 1) {
      this.#fresh[tag] = 0;
      this.#freshCount -= 1;
    }
    if (this.#absent.get(tag) === code) return;
    this.#absent.set(tag, code);
    this.#itemIds[tag] = 0;
    appendStatus(columns, tag, code);
  }

  #scheduleRetry(): void {
    this.#retry = setTimeout(() => {
      this.#recreate().then(
        () => this.#scheduleRetryUnlessStopped(),
        (error: unknown) => {
          this.#log.debug({ error: String(error) }, 'creating refused OPC UA items again failed');
          this.#scheduleRetryUnlessStopped();
        },
      );
    }, this.#settings.retryInterval);
  }

  #scheduleRetryUnlessStopped(): void {
    if (!this.#stop.signal.aborted) this.#scheduleRetry();
  }

  async #recreate(): Promise<void> {
    const dead = [...this.#dead];
    const tags = [...this.#absent.keys(), ...dead];
    if (tags.length === 0) return;
    await this.#connection.refreshNamespaces();
    this.#dead.clear();
    const ids = dead.map((tag) => this.#itemIds[tag] ?? 0).filter((id) => id !== 0);
    await inGroups({
      list: ids,
      limit: this.#connection.limits.monitoredItems,
      signal: this.#stop.signal,
      call: async (group) => {
        await this.#connection.request<DeleteMonitoredItemsResponse>(
          new DeleteMonitoredItemsRequest({ subscriptionId: this.#id, monitoredItemIds: [...group] }),
        );
        return [];
      },
      refused: () => [],
    });
    await this.#createItems(tags, this.#stop.signal);
  }

  #warnOnce(tag: number, what: string): void {
    if (this.#warned.has(tag)) return;
    this.#warned.add(tag);
    const { name, address } = this.#tag(tag);
    this.#log.warn({ tag: name, address }, `tag ${name} ${what}`);
  }

  #tag(index: number): DriverTag {
    const tag = this.#tags[index];
    if (!tag) throw new RangeError(`there is no tag ${index}`);
    return tag;
  }
}
