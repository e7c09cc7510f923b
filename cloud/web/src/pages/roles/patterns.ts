// Patterns of permissions: `departments.update`, `departments.*`, `*.read`, `*.*`.

/** Whether `pattern` stands for everything that `name` stands for. */
export function covers(pattern: string, name: string): boolean {
  const [domain, action] = pattern.split('.');
  const [ofDomain, ofAction] = name.split('.');
  return (domain === '*' || domain === ofDomain) && (action === '*' || action === ofAction);
}

/** What of `held` goes away when `before` becomes `after`, and no other pattern gives it. */
export function lostBy(
  held: Iterable<string>,
  { before, after, others }: { before: readonly string[]; after: readonly string[]; others: readonly string[] },
): string[] {
  const given = (patterns: readonly string[], name: string) => patterns.some((pattern) => covers(pattern, name));
  return [...held].filter((name) => given(before, name) && !given(after, name) && !given(others, name));
}
