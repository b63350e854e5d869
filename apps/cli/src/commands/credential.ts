/** `dsm credential`: what issuers say of a device, shown piece by piece. */

import { readFile, writeFile } from 'node:fs/promises';
import { tcpTransport } from '@dsm/node';
import { DsmError, type HeldCredential, type VerifiedCredential, type Wallet } from '@dsm/wallet';
import type { CommandSpec, Input } from '../command.ts';
import type { Context } from '../context.ts';
import {
  attributeLines,
  attributesFromJson,
  attributesIn,
  attributesView,
} from '../credential-input.ts';
import { located } from '../network-file.ts';
import { confirm } from '../prompt.ts';
import * as s from '../schema.ts';
import { withWallet } from '../session.ts';

const attributesSchema: s.Schema = { type: 'object' };
const tokenArgument = {
  form: '<token>',
  meaning: 'a ticker, or a unique prefix of the id',
} as const;
const which = { form: '<credential>', meaning: 'a unique prefix of its id' } as const;
const namesArgument = {
  form: '<names...>',
  meaning: 'attributes; dsm-device and dsm-serial too',
} as const;
const onlineOption = {
  form: '--online',
  meaning: 'refuse what the nodes cannot be asked about',
} as const;

const issuedSchema = s.record({
  id: s.text,
  token: s.text,
  serial: s.units,
  device: s.text,
  revoked: s.flag,
});

const heldSchema = s.record({
  id: s.text,
  token: s.text,
  ticker: s.text,
  serial: s.units,
  attributes: attributesSchema,
  shown: s.count,
  issuance: s.oneOf('certified', 'pending', 'other'),
});

const verifiedSchema = s.partial(
  {
    id: s.text,
    token: s.text,
    ticker: s.text,
    issuer: s.text,
    attributes: attributesSchema,
    hiddenMax: s.count,
    holder: s.oneOf('issuer', 'card'),
    issuance: s.oneOf('certified', 'not-shown', 'not-checked'),
    revocation: s.oneOf('free', 'revoked', 'not-checked'),
    card: s.oneOf('current', 'replaced', 'not-checked', 'none'),
  },
  { device: s.text, serial: s.units },
);

const fileSchema = s.record({ file: s.text, bytes: s.count });

const issueCommand: CommandSpec = {
  name: 'issue',
  summary: 'make a credential of a token that this wallet issues, and send it to its holder',
  details:
    'Attributes are NAME[:TYPE]=VALUE; types are text, integer, boolean, date and bytes. Other users\n' +
    'of this machine can see arguments: --attributes takes them out of a file.\n' +
    'Everybody sees in the issuer’s chain that the device was given one; nobody sees what it says.',
  arguments: [tokenArgument, { form: '[attributes...]', meaning: 'what it says' }],
  options: [
    { form: '--to <who>', meaning: 'the contact that it is for' },
    { form: '--attributes <file>', meaning: 'more of them, as a JSON object' },
    { form: '--key <key>', meaning: 'a key of the holder for this one (dsm credential key)' },
    { form: '--file <file>', meaning: 'write it there too, for a holder that is not reached' },
  ],
  example: 'dsm credential issue DIPLOMA --to Maya grade:integer=17 born:date=2001-02-28',
  output: issuedSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const [to, key, file, more] = ['to', 'key', 'file', 'attributes'].map((one) =>
        input.option(one),
      );
      const attributes = {
        ...attributesIn(input.rest(1)),
        ...(more !== undefined && attributesFromJson((await bytesFrom(context, more)).toString())),
      };
      const { bytes, sent, ...made } = await wallet.credentials.issue(input.argument(0), {
        attributes,
        ...(to !== undefined && { to }),
        ...(key !== undefined && { key }),
      });
      if (file !== undefined) {
        await writeFile(located(file, context.cli.cwd), bytes, { mode: 0o600 });
      }
      if (!sent && file === undefined) context.say('It is too large to be sent: use --file.');
      context.result(made, `${made.id}  number ${made.serial}`);
      return 0;
    }),
};

const issuedCommand: CommandSpec = {
  name: 'issued',
  summary: 'list the credentials that this wallet has issued',
  example: 'dsm credential issued',
  output: s.list(issuedSchema),
  run: (context) =>
    withWallet(context, async (wallet) => {
      const all = await wallet.credentials.issued();
      const lines = all.map(
        ({ id, serial, device, revoked }) =>
          `${id}  number ${serial}  ${device}${revoked ? '  revoked' : ''}`,
      );
      context.result(all, lines);
      return 0;
    }),
};

const revokeCommand: CommandSpec = {
  name: 'revoke',
  summary: 'take a credential back, for good',
  arguments: [which],
  options: [
    { form: '--file <file>', meaning: 'write the certificate, for verifiers without a network' },
  ],
  example: 'dsm credential revoke cred1qq',
  output: s.record({ revoked: s.flag }),
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const certificate = await wallet.credentials.revoke(input.argument(0));
      const file = input.option('file');
      if (file !== undefined) await writeFile(located(file, context.cli.cwd), certificate);
      context.result({ revoked: true }, 'Revoked: whoever asks the nodes is told.');
      return 0;
    }),
};

const keyCommand: CommandSpec = {
  name: 'key',
  summary: 'a key for one credential and nothing else, to be told to its issuer',
  details:
    'Verifiers who compare notes recognise a credential by its key and its signature. Several credentials,\n' +
    'each with a key of its own and shown once, are not linked to each other.',
  example: 'dsm credential key',
  output: s.record({ key: s.text }),
  run: (context) =>
    withWallet(context, async (wallet) => {
      const key = await wallet.credentials.key();
      context.result({ key }, key);
      return 0;
    }),
};

const listCommand: CommandSpec = {
  name: 'list',
  summary: 'list the credentials that this wallet holds',
  example: 'dsm credential list',
  output: s.list(heldSchema),
  run: (context) =>
    withWallet(context, async (wallet) => {
      const all = await wallet.credentials.list();
      context.result(all.map(heldView), all.map(heldLine));
      return 0;
    }),
};

const showCommand: CommandSpec = {
  name: 'show',
  summary: 'show what a credential says, to its holder',
  arguments: [which],
  example: 'dsm credential show cred1qq',
  output: heldSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const all = await wallet.credentials.list();
      const found = all.filter(({ id }) => id.startsWith(input.argument(0)));
      const [one] = found;
      if (one === undefined)
        throw new DsmError('not-found', `no credential "${input.argument(0)}"`);
      if (found.length > 1) throw new DsmError('ambiguous', 'several credentials start so');
      context.result(heldView(one), [heldLine(one), ...attributeLines(one.attributes)]);
      return 0;
    }),
};

const acceptCommand: CommandSpec = {
  name: 'accept',
  summary: 'take a credential that came as a file',
  arguments: [{ form: '<file>', meaning: 'what its issuer has written' }],
  example: 'dsm credential accept diploma.cred',
  output: heldSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const bytes = await bytesFrom(context, input.argument(0));
      const taken = await wallet.credentials.accept(bytes);
      context.result(heldView(taken), [heldLine(taken), ...attributeLines(taken.attributes)]);
      return 0;
    }),
};

const challengeCommand: CommandSpec = {
  name: 'challenge',
  summary: 'ask for attributes of a credential, as a file',
  arguments: [
    { form: '<file>', meaning: 'where to write it; keep it until the answer is verified' },
    tokenArgument,
    namesArgument,
  ],
  options: [{ form: '--audience <who>', meaning: 'who asks (the id of this device)' }],
  example: 'dsm credential challenge ask.bin DIPLOMA grade',
  output: fileSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const audience = input.option('audience') ?? wallet.id.device;
      const wish = { token: input.argument(1), names: input.rest(2) };
      return written(context, input.argument(0), wallet.credentials.challenge(audience, wish));
    }),
};

const presentCommand: CommandSpec = {
  name: 'present',
  summary: 'show what a challenge asks for, and nothing else',
  details: 'Asks before it shows anything, unless --yes is given.',
  arguments: [
    { form: '<challenge>', meaning: 'the file with the challenge' },
    { form: '<file>', meaning: 'where to write what is shown' },
  ],
  options: [{ form: '--credential <credential>', meaning: 'which one, if several fit' }],
  example: 'dsm credential present ask.bin shown.bin',
  output: fileSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const asked = await bytesFrom(context, input.argument(0));
      const { audience, wish } = wallet.credentials.read(asked);
      if (wish === undefined) throw new DsmError('usage', 'this asks for a login: dsm login');
      await approve(context, `Show ${wish.names.join(', ')} to ${audience}?`);
      const credential = input.option('credential');
      const options = credential === undefined ? {} : { credential };
      return written(context, input.argument(1), await wallet.credentials.present(asked, options));
    }),
};

const verifyCommand: CommandSpec = {
  name: 'verify',
  summary: 'judge what was shown for a challenge of this wallet',
  details: 'Exits with 4 if it does not hold or was revoked.',
  arguments: [
    { form: '<file>', meaning: 'what was shown' },
    { form: '<challenge>', meaning: 'the file with the challenge' },
  ],
  options: [
    onlineOption,
    { form: '--revoked <file>', meaning: 'a certificate that the issuer has handed out' },
  ],
  example: 'dsm credential verify shown.bin ask.bin',
  output: verifiedSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const [shown, asked] = await Promise.all(
        [0, 1].map((at) => bytesFrom(context, input.argument(at))),
      );
      const online = input.isSet('online');
      const file = input.option('revoked');
      const revocations = file === undefined ? [] : [await bytesFrom(context, file)];
      const options = { online, revocations };
      return told(context, await wallet.credentials.verify(shown!, asked!, options));
    }),
};

const requestCommand: CommandSpec = {
  name: 'request',
  summary: 'ask a contact that listens for attributes of a credential',
  arguments: [tokenArgument, namesArgument],
  options: [{ form: '--to <address>', meaning: 'where the holder listens' }, onlineOption],
  example: 'dsm credential request DIPLOMA grade --to 127.0.0.1:4700',
  output: verifiedSchema,
  run: (context, input) =>
    withWallet(context, async (wallet) => {
      const wish = { token: input.argument(0), names: input.rest(1) };
      return told(context, await requested(context, wallet, input, wish));
    }),
};

async function requested(
  context: Context,
  wallet: Wallet,
  input: Input,
  wish: { readonly token: string; readonly names: readonly string[] },
): Promise<VerifiedCredential> {
  const to = input.option('to');
  if (to === undefined) throw new DsmError('usage', 'request needs --to ADDRESS');
  const { signal } = context.cli;
  const peer = await wallet.meet(await tcpTransport().connect(to, signal), { signal });
  try {
    const online = input.isSet('online');
    return await wallet.credentials.request(peer.contact().name, wish, { online });
  } finally {
    await peer.close();
  }
}

export const credential: CommandSpec = {
  name: 'credential',
  summary: 'what issuers say of a device, shown piece by piece',
  details:
    'A credential is an item of a token of form credential (dsm token issue --form credential) and stays\n' +
    'with its device. Whoever listens with dsm meet is asked before anything is shown.',
  commands: [
    issueCommand,
    issuedCommand,
    revokeCommand,
    keyCommand,
    listCommand,
    showCommand,
    acceptCommand,
    challengeCommand,
    presentCommand,
    requestCommand,
    verifyCommand,
  ],
};

function heldView(one: HeldCredential): object {
  return { ...one, attributes: attributesView(one.attributes) };
}

function heldLine({ id, ticker, serial, shown, issuance }: HeldCredential): string {
  const state = issuance === 'certified' ? '' : `  issuance ${issuance}`;
  return `${id}  ${ticker} number ${serial}, shown ${shown} times${state}`;
}

function told(context: Context, verified: VerifiedCredential): number {
  const { attributes, revocation, device, serial, ...rest } = verified;
  const value = {
    ...rest,
    attributes: attributesView(attributes),
    revocation: revocation.state,
    ...(device !== undefined && { device }),
    ...(serial !== undefined && { serial }),
  };
  const { ticker, issuer, hiddenMax, card, issuance } = verified;
  context.result(value, [
    `${ticker} of ${issuer} says:`,
    ...attributeLines(attributes),
    ...(device === undefined ? [] : [`  device: ${device}`]),
    `at most ${hiddenMax} more are not shown; revocation: ${revocation.state}, card: ${card}, issue: ${issuance}`,
  ]);
  return 0;
}

async function approve(context: Context, question: string): Promise<void> {
  if (context.yes) return;
  if (!context.canAsk) throw new DsmError('usage', 'nothing is shown without a yes: --yes');
  const isMeant = await confirm(question, context.cli.signal);
  if (!isMeant) throw new DsmError('refused', 'nothing was shown');
}

async function written(context: Context, path: string, bytes: Uint8Array): Promise<number> {
  const file = located(path, context.cli.cwd);
  await writeFile(file, bytes);
  context.result({ file, bytes: bytes.length }, `${bytes.length} bytes written to ${file}`);
  return 0;
}

async function bytesFrom({ cli }: Context, path: string): Promise<Buffer> {
  try {
    return await readFile(located(path, cli.cwd));
  } catch (cause) {
    throw new DsmError('not-found', `${path} cannot be read`, { cause });
  }
}
