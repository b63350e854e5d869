/**
 * What people, files and links say as text: ids, invoices, requests for payment, amounts, and the
 * JSON of cards, networks and settings. A text is refused with a `DsmError` and nothing else.
 */

import { keyOf, registry } from '@dsm/primitive';
import { DsmError, format, idBytes, idText, networkId, parse } from '@dsm/wallet';
import { readShare, readWords, shareText, WordsError, wordsOf } from '@dsm/words';
import { target } from './core-targets.ts';
import { everythingIn } from './load.ts';
import { vectorBytes } from './samples.ts';
import { Broken, textBytes, type Target } from './target.ts';

type Reads<T> = (text: string) => T;

/** The text is read, or refused with an error of the SDK; `judge` looks at what was read. */
function reading<T>(read: Reads<T>, judge: (value: T, text: string) => void): Target['run'] {
  return (bytes) => {
    const text = new TextDecoder().decode(bytes);
    let value: T;
    try {
      value = read(text);
    } catch (error) {
      if (error instanceof DsmError || error instanceof WordsError) return false;
      throw error;
    }
    if (value === undefined) return false;
    judge(value, text);
    return true;
  };
}

/** What a value says is read as the same value. */
function sameAgain<T>(write: (value: T) => string, read: Reads<T>): (value: T) => void {
  return (value) => {
    const once = write(value);
    if (write(read(once)) !== once) throw new Broken('rule', `${once} is read otherwise`);
  };
}

const words: readonly Uint8Array[] = [
  '__proto__',
  '"__proto__":{"polluted":1},',
  '"constructor":{"prototype":{"polluted":1}},',
  '{',
  '[',
  '[['.repeat(400),
  '"',
  '\\u0000',
  '\\ud800',
  '%zz',
  '%00',
  '%2f',
  '😀',
  '\u202e',
  'e999',
  '-0',
  '1e400',
  '9007199254740993',
  'true',
  'null',
  ',',
  '=',
  '&',
].map(textBytes);

async function from<T>(file: string, name: string): Promise<T> {
  return (await everythingIn(file)).get(name) as T;
}

function one(name: string, samples: readonly string[], run: Target['run'], cost = 1): Target {
  return target(name, run, { samples: samples.map(textBytes), words, cost });
}

export async function textTargets(): Promise<readonly Target[]> {
  return [...(await sdkTexts()), ...wordTexts(), ...(await fileTexts()), ...(await addressTexts())];
}

const device = new Uint8Array(32).fill(7);

async function sdkTexts(): Promise<readonly Target[]> {
  const places = 'host/wallet/src/invoices.ts';
  const invoiceOf = await from<(model: object, text: string) => object>(places, 'invoiceOf');
  const invoiceText = await from<(asked: object) => string>(places, 'invoiceText');
  const network = new Uint8Array(32).fill(3);
  const asked = { network, device, hash: device, token: device, amount: 5n, memo: 'Tee – 茶' };
  return [
    one(
      'wallet/text.idBytes',
      [idText('device', device)],
      reading(
        (text) => idBytes('device', text),
        (bytes, text) => {
          // An id in capitals is the same id: codes that are scanned say it so.
          if (bytes === undefined || idText('device', bytes) === text.toLowerCase()) return;
          throw new Broken('two spellings', `${text} is another way to say an id`);
        },
      ),
    ),
    one(
      'wallet/invoices.invoiceOf',
      [invoiceText(asked)],
      reading(
        (text) => invoiceOf({ device: { network } }, text),
        (value, text) => {
          if (invoiceText(value) === text.trim().toLowerCase()) return;
          throw new Broken('two spellings', `${text} is another way to say an invoice`);
        },
      ),
    ),
    one(
      'wallet/amounts.parse',
      ['12.34', '0', '340282366920938463463374607431768211455', '1.000000'],
      reading(
        (text) => parse(text, 6),
        (units) => {
          if (units < 0n || parse(format(units, 6), 6) !== units) {
            throw new Broken('rule', `${units} units are written otherwise`);
          }
        },
      ),
    ),
  ];
}

/** What people type of words and shares. */
function wordTexts(): readonly Target[] {
  const phrase = wordsOf(device);
  const made = {
    drawn: device.subarray(0, 16),
    check: device.subarray(16),
    threshold: 2,
    count: 3,
    number: 1,
    share: new Uint8Array(33).fill(5),
  };
  return [
    one(
      'words/words.readWords',
      [phrase, phrase.toUpperCase(), phrase.replaceAll(' ', '\n'), `${'abandon '.repeat(12)}`],
      reading(readWords, (bytes) => {
        if (keyOf(readWords(wordsOf(bytes))) === keyOf(bytes)) return;
        throw new Broken('rule', `${wordsOf(bytes)} is read otherwise`);
      }),
      // Whoever types a wrong word is told what is near to it, of 2,048.
      200,
    ),
    one(
      'words/share.readShare',
      [shareText(made), shareText(made).toUpperCase()],
      reading(readShare, (read, text) => {
        if (read === undefined) return;
        if (shareText(read) === text.replaceAll(/\s/gu, '').toLowerCase()) return;
        throw new Broken('two spellings', `${text} is another way to say a share`);
      }),
    ),
  ];
}

async function fileTexts(): Promise<readonly Target[]> {
  const apps = 'apps/cli/src';
  const network = await from<(text: string, source: string) => object>(
    `${apps}/network-file.ts`,
    'parseNetwork',
  );
  const networkText = await from<(file: object) => string>(
    `${apps}/network-file.ts`,
    'networkText',
  );
  const card = await from<(text: string, source: string) => object>(
    `${apps}/node-home.ts`,
    'parseCard',
  );
  const cardText = await from<(value: object) => string>(`${apps}/node-home.ts`, 'cardText');
  const settings = await from<(text: string) => object>(`${apps}/settings.ts`, 'parsed');
  const nodeCard = {
    suite: 1,
    id: device,
    voteKey: device,
    address: 'http://a:1',
    capacityBytes: 9,
  };
  const again = <T extends object>(write: (value: T) => string, read: Reads<T>): Target['run'] =>
    reading(read, sameAgain(write, read));
  return [
    one(
      'cli/network-file.parseNetwork',
      networkSamples(networkText),
      again(networkText, (text) => network(text, 'x')),
    ),
    one(
      'cli/node-home.parseCard',
      [cardText(nodeCard)],
      again(cardText, (text) => card(text, 'x')),
    ),
    one(
      'cli/settings.parsed',
      ['{"network":"a","over":"auto"}'],
      reading(settings, () => {}),
    ),
  ];
}

/** Registries of the vectors, each under a network whose name is that of its identity. */
function networkSamples(networkText: (file: object) => string): readonly string[] {
  const found = vectorBytes().flatMap((bytes) => {
    const decoded = registry.decode(bytes);
    return decoded.ok ? [decoded.value] : [];
  });
  const [smallest] = found.toSorted((a, b) => a.nodes.length - b.nodes.length);
  if (smallest === undefined) return [];
  const value = { ...smallest, network: networkId('test') };
  const nodes = value.nodes.map(() => 'http://127.0.0.1:4800');
  return [networkText({ name: 'test', registry: value, nodes })];
}

async function addressTexts(): Promise<readonly Target[]> {
  const apps = 'apps/cli/src';
  const request = await from<Reads<object>>(`${apps}/request.ts`, 'parseRequest');
  const requestText = await from<(value: object) => string>(`${apps}/request.ts`, 'requestText');
  const amount = await from<(text: string, decimals: number) => bigint>(
    `${apps}/amount.ts`,
    'parseAmount',
  );
  const shelf = await from<Reads<object>>(`${apps}/node-engine.ts`, 'shelfPlace');
  const name = await from<Reads<{ number: number; isCold: boolean } | undefined>>(
    'host/segment-log/src/segment.ts',
    'parsedName',
  );
  return [
    one(
      'cli/request.parseRequest',
      ['dsm:pay?to=dev1qq&token=tok1qq&units=1200&at=127.0.0.1%3A4700&note=coffee'],
      reading(request, (value) => {
        // Signs that a URL has to escape make a text longer than any that is read.
        if (requestText(value).length <= 1_024) sameAgain(requestText, request)(value);
      }),
    ),
    one(
      'cli/amount.parseAmount',
      ['12.34', '1'],
      reading(
        (text) => amount(text, 2),
        (units) => {
          if (units <= 0n) throw new Broken('rule', 'an amount of nothing');
        },
      ),
    ),
    one(
      'cli/node-engine.shelfPlace',
      ['s3://bucket/prefix/deep?endpoint=http://localhost:9000&region=eu'],
      reading(shelf, () => {}),
    ),
    one(
      'segment-log/segment.parsedName',
      ['0000000012.segment', '0000000003.cold'],
      reading(name, (found, text) => {
        const written = `${String(found?.number).padStart(10, '0')}.`;
        if (!text.startsWith(written)) throw new Broken('two spellings', text);
      }),
    ),
  ];
}
