// What became of each message: every one ends in exactly one of these, counted in one place.

import { Counter, type Registry } from 'prom-client';

/** Why a message was dropped without a record: nothing in it was production data. */
export type DropReason =
  | 'not_a_sparkplug_message'
  | 'not_leased'
  | 'stale_death'
  | 'repeated_birth'
  | 'too_many_dead_letters';

/** Why a message could not become samples. Kept with its bytes. */
export type DeadLetterReason = 'unreadable_payload' | 'unknown_edge' | 'birth_refused' | 'refused_by_database';

/** Why a message was left unacknowledged: it comes again. */
export type ShedReason = 'over_byte_bound' | 'already_waiting' | 'awaiting_birth' | 'lease_lost' | 'stopping';

export type Outcome =
  | { readonly kind: 'stored' }
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'applied' }
  | { readonly kind: 'dropped'; readonly reason: DropReason }
  | { readonly kind: 'dead_letter'; readonly reason: DeadLetterReason; readonly detail: string }
  | { readonly kind: 'shed'; readonly reason: ShedReason };

/** Why a single value is not a sample as it came; each has a row in the gap ledger. */
export type RefusedValue =
  | 'time_out_of_range'
  | 'integer_too_large'
  | 'text_with_nul'
  | 'unsupported_datatype'
  | 'wrong_datatype';

export class Outcomes {
  readonly #messages: Counter;
  readonly #values: Counter;
  readonly #rows: Counter;
  readonly #totals = new Map<string, number>();

  constructor(registry: Registry) {
    this.#messages = new Counter({
      name: 'unison_ingest_messages_total',
      help: 'Messages by outcome and reason',
      labelNames: ['outcome', 'reason'],
      registers: [registry],
    });
    this.#values = new Counter({
      name: 'unison_ingest_refused_values_total',
      help: 'Values that became a gap row instead of a sample, by reason',
      labelNames: ['reason'],
      registers: [registry],
    });
    this.#rows = new Counter({
      name: 'unison_ingest_rows_total',
      help: 'Rows by what became of them: stored, duplicate, conflict',
      labelNames: ['result'],
      registers: [registry],
    });
  }

  settle(outcome: Outcome): void {
    const reason = 'reason' in outcome ? outcome.reason : '';
    this.#messages.inc({ outcome: outcome.kind, reason });
    const key = reason === '' ? outcome.kind : `${outcome.kind}:${reason}`;
    this.#totals.set(key, (this.#totals.get(key) ?? 0) + 1);
  }

  refused(reason: RefusedValue): void {
    this.#values.inc({ reason });
  }

  rows(result: 'stored' | 'duplicate' | 'conflict', count: number): void {
    if (count > 0) this.#rows.inc({ result }, count);
  }

  /** Messages so far by `outcome` or `outcome:reason`. */
  totals(): Record<string, number> {
    return Object.fromEntries(this.#totals);
  }
}
