/** Re-minting over a line: what the two sides say, one at a time. */

import { keyDigest } from '@dsm/primitive';
import type { Message } from '@dsm/bilateral';
import { DsmError } from './errors.ts';
import { hasLeft } from './belonging.ts';
import { leftRefusal } from './leaving.ts';
import { answerRemint } from './remint-issue.ts';
import { deferred, relationshipOf, say, type Talk } from './talk.ts';

export async function askRemint(
  talk: Talk,
  asked: Message & { type: 'remint' },
): Promise<Message & { type: 'reminted' }> {
  if (talk.reminting !== undefined) {
    throw new DsmError('refused', 'another re-mint with this contact is under way');
  }
  talk.reminting = deferred();
  try {
    await say(talk, asked);
    return await talk.reminting.promise;
  } finally {
    talk.reminting = undefined;
  }
}

export async function remintSaid(
  talk: Talk,
  said: Message & { type: 'remint' | 'reminted' },
): Promise<void> {
  if (said.type === 'remint') return remintAsked(talk, said);
  talk.reminting?.resolve(said);
}

/** The nodes are asked meanwhile, so the answer is not waited for: other messages go on. */
async function remintAsked(talk: Talk, asked: Message & { type: 'remint' }): Promise<void> {
  const on = relationshipOf(talk);
  const { token } = asked;
  if (on === undefined) return;
  if (hasLeft(talk.engine.model, on.peer.device)) {
    return say(talk, { type: 'reminted', token, parts: [], why: leftRefusal.why });
  }
  if (talk.isMaking || on.bricked !== 0) {
    const why = talk.isMaking ? 'one at a time' : 'there is evidence against this device';
    return say(talk, { type: 'reminted', token, parts: [], why });
  }
  talk.isMaking = true;
  const { device, suite, workingKey } = on.peer;
  const holder = { owner: device, key: keyDigest(suite, workingKey) };
  void answerRemint(talk.engine, holder, asked)
    .then(
      (answer) => ({ parts: [], why: '', ...answer }),
      () => ({ parts: [], why: 'the issuer cannot answer now: ask again' }),
    )
    .then((answer) => say(talk, { type: 'reminted', token, ...answer }))
    .finally(() => {
      talk.isMaking = false;
    });
}
