/**
 * Asking for a credential over a live session.
 *
 *     request   a challenge whose audience is the asking device
 *     present   what was shown, sealed to the asking device; or why nothing was
 *
 * The other side's owner decides; without a handler the answer is no. Neither message changes
 * anything, so both count as idle talk.
 */

import { challenge as challengeObject } from '@dsm/identity';
import type { Message } from '@dsm/bilateral';
import { contactView } from './contacts.ts';
import { DsmError } from './errors.ts';
import { seal, unseal } from './sealed.ts';
import { contactOf, deferred, say, type Talk } from './talk.ts';
import { idText } from './text.ts';

export async function askCredential(talk: Talk, challenge: Uint8Array): Promise<Uint8Array> {
  if (talk.requesting !== undefined) {
    throw new DsmError('refused', 'another request to this contact is under way');
  }
  talk.requesting = deferred();
  try {
    await say(talk, { type: 'request', challenge });
    const { sealed, why } = await talk.requesting.promise;
    if (sealed === undefined) throw new DsmError('refused', why);
    const { aead, keys } = talk.engine;
    const shown = unseal(aead, keys.kems(), sealed);
    if (shown === undefined) throw new DsmError('integrity', 'the answer is sealed to others');
    return shown;
  } finally {
    talk.requesting = undefined;
  }
}

export async function credentialSaid(
  talk: Talk,
  said: Message & { type: 'request' | 'present' },
): Promise<void> {
  if (said.type === 'request') return requested(talk, said.challenge);
  talk.requesting?.resolve(said);
}

/** A person takes time: the answer is not waited for, other messages go on. */
async function requested(talk: Talk, bytes: Uint8Array): Promise<void> {
  const answer = (sealed: Uint8Array | undefined, why: string): Promise<void> =>
    say(talk, { type: 'present', sealed, why: why.slice(0, 120) });
  if (talk.isDeciding) return answer(undefined, 'one at a time');
  talk.isDeciding = true;
  void decided(talk, bytes)
    .then(
      (sealed) => answer(sealed, ''),
      (error: unknown) =>
        answer(undefined, error instanceof DsmError ? error.message : 'it cannot be shown now'),
    )
    .finally(() => {
      talk.isDeciding = false;
    });
}

async function decided(talk: Talk, bytes: Uint8Array): Promise<Uint8Array> {
  const { engine, peer } = talk;
  const row = contactOf(talk);
  const decoded = challengeObject.decode(bytes);
  const wanted = decoded.ok ? decoded.value.wanted : undefined;
  if (peer === undefined || row === undefined || !decoded.ok || wanted === undefined) {
    throw new DsmError('refused', 'this is no request for a credential');
  }
  // Nobody passes on what somebody else asks.
  if (decoded.value.audience !== idText('device', peer.device)) {
    throw new DsmError('refused', 'this request is of another device');
  }
  const { presenting } = engine;
  const consent = await presenting.handler?.({
    contact: contactView(engine.model, row).name,
    device: idText('device', peer.device),
    wish: { token: idText('token', wanted.token), names: wanted.names },
  });
  if (consent === undefined) throw new DsmError('refused', 'the other side does not show it');
  const shown = await presenting.present(bytes, consent);
  const sealed = seal(engine, peer.card.body.kemKey, shown);
  if (sealed === undefined) throw new DsmError('refused', 'the card has no usable KEM key');
  return sealed;
}
