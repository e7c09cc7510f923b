// Types of child.mjs, which runs on Node versions that cannot read TypeScript.

export interface ChildOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** It takes a second Ctrl-C like the first. */
  readonly heedsRepeats?: boolean;
}

export function runChild(options: ChildOptions): Promise<number>;
