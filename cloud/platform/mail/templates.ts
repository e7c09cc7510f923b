// What letters say, in English and German: as text, and the same as simple HTML.

import type { Letter } from './mail.ts';

export interface Written {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

interface Wording {
  readonly subject: string;
  readonly greeting: string;
  readonly why: string;
  readonly action: string;
  readonly until: string;
  readonly otherwise: string;
}

type Templates = Readonly<Record<Letter['template'], (words: Letter['words']) => Wording>>;

const wordings: Readonly<Record<Letter['language'], Templates>> = {
  en: {
    reset_link: ({ name, organization, minutes }) => ({
      subject: 'Choose a new password',
      greeting: `Hello ${name},`,
      why: `Somebody asked for a new password for your account at ${organization}.`,
      action: 'Choose a new password',
      until: `The link works once, and for ${duration(minutes, 'en')}.`,
      otherwise: 'If it was not you, you need not do anything: your password stays as it is.',
    }),
    invitation: ({ name, organization, minutes }) => ({
      subject: `Your account at ${organization}`,
      greeting: `Hello ${name},`,
      why: `You have been given an account for Unison MES at ${organization}.`,
      action: 'Choose your password',
      until: `The link works once, and for ${duration(minutes, 'en')}.`,
      otherwise: 'If you did not expect this letter, you may ignore it.',
    }),
  },
  de: {
    reset_link: ({ name, organization, minutes }) => ({
      subject: 'Neues Passwort wählen',
      greeting: `Guten Tag ${name},`,
      why: `für Ihr Konto bei ${organization} wurde ein neues Passwort angefordert.`,
      action: 'Neues Passwort wählen',
      until: `Der Link gilt einmal und ${duration(minutes, 'de')} lang.`,
      otherwise: 'Wenn Sie das nicht waren, müssen Sie nichts tun: Ihr Passwort bleibt, wie es ist.',
    }),
    invitation: ({ name, organization, minutes }) => ({
      subject: `Ihr Konto bei ${organization}`,
      greeting: `Guten Tag ${name},`,
      why: `für Sie wurde bei ${organization} ein Konto für Unison MES angelegt.`,
      action: 'Passwort wählen',
      until: `Der Link gilt einmal und ${duration(minutes, 'de')} lang.`,
      otherwise: 'Wenn Sie diese Nachricht nicht erwartet haben, können Sie sie ignorieren.',
    }),
  },
};

export function write({ language, template, words }: Letter): Written {
  const { subject, greeting, why, action, until, otherwise } = wordings[language][template](words);
  const text = [greeting, '', why, '', `${action}:`, words.link, '', until, otherwise, '', 'Unison MES', ''].join('\n');
  const paragraph = (content: string): string => `<p style="margin:0 0 16px">${content}</p>`;
  const button = `<a href="${escape(words.link)}" style="display:inline-block;padding:10px 18px;background:#1f4fd8;color:#ffffff;text-decoration:none;border-radius:6px">${escape(action)}</a>`;
  const body = [
    paragraph(escape(greeting)),
    paragraph(escape(why)),
    paragraph(button),
    paragraph(`<span style="color:#555555">${escape(words.link)}</span>`),
    paragraph(`${escape(until)} ${escape(otherwise)}`),
    paragraph('Unison MES'),
  ].join('\n');
  const html = `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><title>${escape(subject)}</title></head>
<body style="font:16px/1.5 system-ui,sans-serif;color:#1a1a1a;max-width:36em;margin:24px auto;padding:0 16px">
${body}
</body></html>
`;
  // A name may not begin a header of its own.
  return { subject: subject.replaceAll(/[\r\n]+/g, ' '), text, html };
}

/** In the largest unit that fits evenly: 30 minutes, 2 hours, 7 days. */
function duration(minutes: number, language: Letter['language']): string {
  const unit = minutes % 1_440 === 0 ? 'day' : minutes % 60 === 0 ? 'hour' : 'minute';
  const value = minutes / { day: 1_440, hour: 60, minute: 1 }[unit];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(value);
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
