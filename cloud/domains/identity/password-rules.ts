// What a password and a PIN must be. NIST SP 800-63B-4, 3.1.1.2: length, no rules of composition, and no
// password that everybody would try: a list of the commonest, sequences, repetitions, one's own name.

import { type FieldError, InvalidRequest } from '../../platform/errors.ts';

export const PASSWORD_MIN = 12;
export const PASSWORD_MAX = 256;
export const PIN_PATTERN = '^[0-9]{4,8}$';

/** What long common passwords are made of: those of the public lists, and words of this trade. */
const COMMON_WORDS = `
  password passwort passw0rd kennwort letmein welcome willkommen changeme default secret geheim administrator admin
  root user test guest demo login master system support operator maintenance engineer manager supervisor factory plant
  machine production quality company unison mes iloveyou ichliebedich love princess prinzessin sunshine monkey dragon
  football fussball baseball basketball superman batman trustno1 michael jennifer jordan charlie shadow hello hallo
  world welt summer sommer winter spring autumn schatz internet computer qwerty qwertz azerty asdf yxcv zxcv qazwsx
  qwer the mein correcthorsebatterystaple`
  .trim()
  .split(/\s+/);

const SEQUENCES = [
  '0123456789012345678901234567890',
  'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnmqwertyuiop',
  'qwertzuiopasdfghjklyxcvbnmqwertzuiop',
  '1q2w3e4r5t6z7u8i9o0p',
  '1q2w3e4r5t6y7u8i9o0p',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik',
].flatMap((row) => [row, Array.from(row).reverse().join('')]);

/** Why a password is refused, or null. `own` is what others know of its owner: e-mail, name, badge. */
export function passwordFault(password: string, own: readonly (string | null)[]): string | null {
  if (Array.from(password).length < PASSWORD_MIN) return `must have at least ${PASSWORD_MIN} characters`;
  const plain = simplify(password);
  const parts = own.flatMap((text) => (text === null ? [] : [text, ...text.split('@').slice(0, 1)])).map(simplify);
  if (parts.some((part) => part.length >= 3 && strip(plain, [part]).replace(/\p{N}/gu, '').length < 4))
    return 'must not be your own name or e-mail address';
  if (isGuessable(plain)) return 'is one of the first that others would try: choose several unrelated words';
  return null;
}

/** Throws InvalidRequest naming `field` when the password is refused. */
export function checkPassword(
  password: string,
  { field, own }: { field: string; own: readonly (string | null)[] },
): void {
  const message = passwordFault(password, own);
  if (message !== null) throw new InvalidRequest([{ path: `body/${field}`, message }]);
}

/** Throws InvalidRequest for a PIN that everybody would try first. Its form is the schema's business. */
export function checkPin(pin: string, field: string): void {
  const same = new Set(pin).size === 1;
  const wrong: FieldError = { path: `body/${field}`, message: 'must not be one digit repeated, nor digits in a row' };
  if (same || SEQUENCES.some((row) => row.includes(pin))) throw new InvalidRequest([wrong]);
}

/** Lower case, letters and digits only, the usual disguises undone. */
function simplify(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[@]/g, 'a')
    .replace(/[$]/g, 's')
    .replace(/[^\p{L}\p{N}]/gu, '');
}

function isGuessable(plain: string): boolean {
  // A short piece again and again: abcabcabcabc, 111111111111.
  if (/^(.{1,4})\1+.?$/u.test(plain)) return true;
  if (SEQUENCES.some((row) => plain.length >= 6 && row.includes(plain))) return true;
  // Hardly anything but common words and a number: Password2026!, adminadmin123.
  const rest = strip(
    plain.replaceAll('0', 'o'),
    COMMON_WORDS.map((word) => word.replaceAll('0', 'o')),
  );
  return rest.replace(/[\p{N}o]/gu, '').length < 4;
}

/** What is left of a text without these words, the longest first. */
function strip(text: string, words: readonly string[]): string {
  let rest = text;
  for (const word of [...words].sort((one, other) => other.length - one.length)) {
    if (word.length >= 3) rest = rest.replaceAll(word, '');
  }
  return rest;
}
