// Seeded random numbers of the simulated plant. Every machine draws from its own stream, named after
// it, so that adding a draw in one machine does not change the fate of the others.

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform in [from, to). */
  between(from: number, to: number): number;
  /** Whole number in [from, to], both included. */
  whole(from: number, to: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** Standard normal. */
  normal(): number;
}

/** FNV-1a, 32 bit: turns a stream's name into four different starting words. */
function hash(text: string, salt: number): number {
  let value = (0x811c9dc5 ^ salt) >>> 0;
  for (let i = 0; i < text.length; i++) {
    value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  }
  return value;
}

/** A stream of the small fast counter generator sfc32; equal seed and name give equal numbers on every machine. */
export function createRandom(seed: number, name: string): Random {
  let a = hash(name, seed);
  let b = hash(name, seed ^ 0x9e3779b9);
  let c = hash(name, Math.imul(seed, 0x85ebca6b));
  let d = 1;
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    c |= 0;
    return (t >>> 0) / 2 ** 32;
  };
  // The first numbers still show the seed's pattern.
  for (let i = 0; i < 12; i++) next();
  return {
    next,
    between: (from, to) => from + (to - from) * next(),
    whole: (from, to) => from + Math.floor((to - from + 1) * next()),
    chance: (probability) => next() < probability,
    // Irwin–Hall with 12 terms instead of Box–Muller: sums only, so the last bit does not depend on
    // how an engine computes logarithms and cosines. Its tails end at ±6.
    normal: () => {
      let sum = -6;
      for (let i = 0; i < 12; i++) sum += next();
      return sum;
    },
  };
}
