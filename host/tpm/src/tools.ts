/**
 * tpm2-tools as child processes. No shell stands between, secrets go in by standard input and come
 * out by standard output, and what the tools say when they fail becomes an error of the port.
 */

import { spawn } from 'node:child_process';
import { BindingError } from '@dsm/ports';

export interface Tools {
  /** Run `tool` with `args`; `input` goes to its standard input. Gives its standard output. */
  readonly run: (tool: string, args: readonly string[], input?: Uint8Array) => Promise<Uint8Array>;
}

/** What tools and TPM are reached by: as in TPM2TOOLS_TCTI. The system's own choice if not given. */
export interface TpmOptions {
  readonly tcti?: string;
}

/** A TPM that takes longer is not waited for. */
const toolMs = 60_000;
const outputBytesMax = 65_536;

export function tpmTools({ tcti }: TpmOptions): Tools {
  const env = { ...process.env, ...(tcti !== undefined && { TPM2TOOLS_TCTI: tcti }) };
  return {
    run: (tool, args, input) =>
      new Promise((resolve, reject) => {
        const child = spawn(tool, args, { env, timeout: toolMs, stdio: ['pipe', 'pipe', 'pipe'] });
        const out: Buffer[] = [];
        const said: Buffer[] = [];
        let length = 0;
        child.stdout.on('data', (chunk: Buffer) => {
          length += chunk.length;
          if (length > outputBytesMax) child.kill();
          else out.push(chunk);
        });
        child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
        child.on('error', (error) => reject(notStarted(tool, error)));
        child.on('close', (code) => {
          if (code === 0) resolve(new Uint8Array(Buffer.concat(out)));
          else reject(refusedBy(tool, Buffer.concat(said).toString('utf8')));
        });
        // A tool that refuses early does not read to the end: what it says tells why.
        child.stdin.on('error', () => undefined);
        child.stdin.end(input);
      }),
  };
}

function notStarted(tool: string, cause: Error): BindingError {
  const sentence = `${tool} does not start: install the package tpm2-tools`;
  return new BindingError('missing', sentence, { cause });
}

/** Response codes of the TPM, without the number of the handle or parameter that they are about. */
const authFail = 0x08e;
const badAuth = 0x0a2;
const lockout = 0x921;
const integrity = 0x09f;
const structures: readonly number[] = [0x095, 0x098, 0x09a, 0x0c4, 0x08b];
const formatOne = 0x080;
const formatOneMask = 0x0bf;

function refusedBy(tool: string, said: string): BindingError {
  const code = codeIn(said);
  const last =
    said
      .trim()
      .split('\n')
      .find((line) => line.startsWith('ERROR')) ?? said.trim();
  if (code === undefined) {
    if (/tcti/i.test(said))
      return new BindingError('not-here', 'no TPM answers', { cause: new Error(last) });
    return new BindingError('failed', `${tool}: ${last}`);
  }
  if (code === lockout)
    return new BindingError(
      'locked-out',
      'the TPM refuses everybody for a while: too many wrong passphrases',
    );
  const plain = (code & formatOne) === 0 ? code : code & formatOneMask;
  if (plain === authFail || plain === badAuth)
    return new BindingError('locked', 'the TPM does not take this passphrase');
  if (plain === integrity)
    return new BindingError(
      'wrong-device',
      'this was sealed by another TPM, or the TPM was cleared since',
    );
  if (structures.includes(plain))
    return new BindingError('damaged', `these bytes are nothing that a TPM has sealed: ${last}`);
  return new BindingError('failed', `${tool}: ${last}`);
}

function codeIn(said: string): number | undefined {
  const found = /\((0x[0-9a-f]+)\)/i.exec(said)?.[1];
  const code = found === undefined ? undefined : Number.parseInt(found, 16);
  // Beyond 16 bits stands the layer that speaks; layers other than the TPM have codes of their own.
  return code === undefined || code > 0xffff ? undefined : code;
}
