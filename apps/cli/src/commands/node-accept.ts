/** `dsm node accept`: an operator agrees to an offer of room. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { acceptanceCoder, acceptanceDigest, offerDigest, subscription } from '@dsm/availability';
import { encodeWith, kinds } from '@dsm/primitive';
import { nodeKeys } from '@dsm/storage-node';
import { DsmError } from '@dsm/wallet';
import type { CommandSpec } from '../command.ts';
import { located } from '../network-file.ts';
import { secretFile } from '../node-secrets.ts';
import * as s from '../schema.ts';
import { exists } from '../session.ts';

export const accept: CommandSpec = {
  name: 'accept',
  summary: 'accept an offer of room: sign it with the key of the node',
  details:
    'See to it that you are paid first: a node with --paid keeps what an offer with the\n' +
    'acceptances of three registered operators covers, its own among them.',
  arguments: [
    { form: '<offer>', meaning: 'what dsm storage offer wrote' },
    { form: '<file>', meaning: 'where to write the acceptance' },
  ],
  options: [{ form: '--data <folder>', meaning: 'the folder of the node (./dsm-node)' }],
  example: 'dsm node accept room.offer mine.accept --data ./node',
  output: s.record({ bytes: s.count, until: s.count, price: s.units, file: s.text }),
  run: async (context, input) => {
    const { cwd } = context.cli;
    const key = join(located(input.option('data') ?? 'dsm-node', cwd), 'key');
    if (!(await exists(key))) throw new DsmError('not-found', `there is no node at ${key}`);
    const path = located(input.argument(0), cwd);
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new DsmError('not-found', `${path} cannot be read`, { cause });
    });
    const decoded = subscription.decode(Uint8Array.from(bytes));
    if (!decoded.ok) throw new DsmError('integrity', `${path} is no offer`);
    const { offer } = decoded.value;
    const { id, identity } = await nodeKeys(1, secretFile(key));
    const digest = acceptanceDigest(offerDigest(offer), id);
    const acceptance = {
      suite: identity.suite,
      identityKey: identity.publicKey,
      signature: identity.sign(kinds.subscription, offer.network, digest),
    };
    const file = located(input.argument(1), cwd);
    await writeFile(file, encodeWith(acceptanceCoder, acceptance));
    const { until, price } = offer;
    context.result({ bytes: offer.bytes, until, price, file }, [
      `accepted: ${offer.bytes.toLocaleString('en')} bytes until version ${until} for ${price}`,
      `the acceptance is in ${file}`,
    ]);
    return 0;
  },
};
