// How Node runs an agent. A gateway has little memory, and V8 left to itself lets garbage grow to twice
// what lives: at 10,000 tags these flags halve the agent's memory and cost no speed (docs/adr/0011).

/** The same as in the first line of main.ts and in deploy/setup/run.mjs; a test compares them. */
export const nodeFlags = ['--max-semi-space-size=8', '--heap-growing-percent=30'] as const;
