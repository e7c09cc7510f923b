// A browser of a test: it keeps cookies by path as browsers do, and the access token of its page.

export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Headers;
}

interface Asked {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Browser {
  readonly #url: string;
  readonly #cookies = new Map<string, { name: string; value: string; path: string }>();
  token: string | null = null;

  constructor(url: string) {
    this.#url = url;
  }

  async call(method: string, path: string, { body, headers = {} }: Asked = {}): Promise<Answer> {
    const cookie = [...this.#cookies.values()].filter((one) => `/api/v1${path}`.startsWith(one.path));
    const response = await fetch(`${this.#url}/api/v1${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(cookie.length > 0 ? { cookie: cookie.map(({ name, value }) => `${name}=${value}`).join('; ') } : {}),
        ...(this.token === null ? {} : { authorization: `Bearer ${this.token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    for (const header of response.headers.getSetCookie()) this.#keep(header);
    const text = await response.text();
    const json: unknown = text === '' ? {} : JSON.parse(text);
    return { status: response.status, body: json as Record<string, unknown>, headers: response.headers };
  }

  get(path: string): Promise<Answer> {
    return this.call('GET', path);
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.call('POST', path, { body });
  }

  /** Signs in, or whatever else answers with a token, and goes on with it. */
  async signIn(login: unknown, path = '/auth/login'): Promise<Answer> {
    this.token = null;
    return this.#take(await this.post(path, login));
  }

  async refresh(): Promise<Answer> {
    return this.#take(await this.post('/auth/refresh'));
  }

  async switchTo(organizationId: number): Promise<Answer> {
    return this.#take(await this.post('/auth/switch-organization', { organizationId }));
  }

  /** What the page asks first of all: who one is. 200 or 401. */
  async seen(): Promise<number> {
    return (await this.get('/session')).status;
  }

  #take(answer: Answer): Answer {
    const { accessToken } = answer.body;
    if (typeof accessToken === 'string') this.token = accessToken;
    return answer;
  }

  #keep(header: string): void {
    const [pair = '', ...attributes] = header.split('; ');
    const [name = '', value = ''] = pair.split('=');
    const path = attributes.find((attribute) => attribute.startsWith('Path='))?.slice(5) ?? '/';
    if (value === '') this.#cookies.delete(`${name} ${path}`);
    else this.#cookies.set(`${name} ${path}`, { name, value, path });
  }
}
