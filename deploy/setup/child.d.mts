// Types of child.mjs, which runs on Node versions that cannot read TypeScript.

export interface ChildOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

export function runChild(options: ChildOptions): Promise<number>;
