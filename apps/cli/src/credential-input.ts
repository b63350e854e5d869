/** Attributes as people write them, and as they are shown. */

import { DsmError, type Attributes } from '@dsm/wallet';

/**
 * `name=text`, or with a type: `grade:integer=17`, `honours:boolean=yes`, `born:date=2001-02-28`,
 * `photo:bytes=` and base64url.
 */
export function attributesIn(texts: readonly string[]): Attributes {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name = '', type = 'text', value = ''] =
        /^([^:=]+)(?::(\w+))?=(.*)$/s.exec(text) ?? [];
      if (name === '') throw new DsmError('usage', `"${text}" is no attribute: NAME[:TYPE]=VALUE`);
      return [name, valueOf(text, type, value)];
    }),
  );
}

/** The same as JSON: texts, booleans, whole numbers, and `{"date":…}`, `{"integer":…}`, `{"bytes":…}`. */
export function attributesFromJson(text: string): Attributes {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new DsmError('usage', 'the file of attributes is no JSON', { cause });
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new DsmError('usage', 'the file of attributes holds no object');
  }
  return Object.fromEntries(
    Object.entries(parsed).map(([name, value]) => [name, valueFromJson(name, value)]),
  );
}

function valueFromJson(name: string, value: unknown): Attributes[string] {
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return valueOf(name, 'integer', String(value));
  if (typeof value === 'object' && value !== null) {
    const [[type, inner] = ['', undefined], ...more] = Object.entries(value);
    if (more.length === 0 && typeof inner === 'string') return valueOf(name, type, inner);
  }
  throw new DsmError('usage', `"${name}" has no value that an attribute can have`);
}

function valueOf(said: string, type: string, value: string): Attributes[string] {
  switch (type) {
    case 'text':
      return value;
    case 'date':
      return { date: value };
    case 'integer':
      if (/^-?\d{1,38}$/.test(value)) return BigInt(value);
      break;
    case 'boolean':
      if (/^(yes|true)$/i.test(value)) return true;
      if (/^(no|false)$/i.test(value)) return false;
      break;
    case 'bytes':
      if (/^[\w-]*$/.test(value)) return Uint8Array.from(Buffer.from(value, 'base64url'));
      break;
  }
  throw new DsmError('usage', `"${said}": the value is none of type ${type}`);
}

/** As `--json` shows them: texts and booleans as they are, the others under their type. */
export function attributesView(attributes: Attributes): object {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => {
      if (typeof value === 'bigint') return [name, { integer: value }];
      return [name, value instanceof Uint8Array ? { bytes: value } : value];
    }),
  );
}

export function attributeLines(attributes: Attributes): readonly string[] {
  return Object.entries(attributes).map(([name, value]) => `  ${name}: ${shownValue(value)}`);
}

function shownValue(value: Attributes[string]): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  // A text may hold anything: what a terminal would obey is not printed as it is.
  return typeof value === 'object' ? value.date : JSON.stringify(value.toString()).slice(1, -1);
}
