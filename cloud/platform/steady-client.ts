// A database connection whose loss never ends the process. PostgreSQL may end one in the same moment it was
// made or between two statements; the event comes then when nobody listens, and Node takes an unheard error
// for the end. Whoever uses the connection hears of it at the next statement.

import pg from 'pg';

export class SteadyClient extends pg.Client {
  constructor(config?: string | pg.ClientConfig) {
    super(config);
    this.on('error', () => {});
  }
}
