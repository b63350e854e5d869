/** Judges of the directory: listings and their topics, invitations, introductions. */

import {
  checkIntroduction,
  checkInvitation,
  deviceTopic,
  genesisTopic,
  inboxTopic,
  introducedSecret,
  introduction,
  introductionDigest,
  invitation,
  invitationDigest,
  listing,
  nameTopic,
  normalName,
  placeOfIntroduction,
} from '@dsm/identity';
import { card, cardDevice, relationshipKey } from '@dsm/primitive';
import { registriesIn } from './acceptance.ts';
import { toJson, type Judge } from './case.ts';
import { decodedAs, decoding } from './objects.ts';

export const directoryJudges: Readonly<Record<string, Readonly<Record<string, Judge>>>> = {
  listing: {
    decode: decoding(listing),
    name: (_, given) => {
      const name = normalName(new TextDecoder().decode(given.bytes('text')));
      if (name === undefined) return { expect: 'name' };
      return {
        expect: 'ok',
        derived: { name, topic: toJson(nameTopic(given.bytes('network'), name)) },
      };
    },
    topics: (_, given) => {
      const network = given.bytes('network');
      const derived = {
        device: deviceTopic(network, given.bytes('device')),
        genesis: genesisTopic(network, given.bytes('genesis')),
        inbox: inboxTopic(network, given.bytes('kemKey')),
      };
      return { expect: 'ok', derived: toJson(derived) };
    },
  },
  invitation: {
    decode: decoding(invitation, ({ body }) => ({ digest: invitationDigest(body) })),
    check: (bytes, given) => {
      const by = decodedAs(card, given.bytes('card'));
      const refusal = checkInvitation(decodedAs(invitation, bytes), by, given.bytes('network'));
      return { expect: refusal ?? 'ok' };
    },
  },
  introduction: {
    decode: decoding(introduction, (value) => {
      const by = card.decode(value.card);
      if (!by.ok) return { digest: introductionDigest(value) };
      const secret = introducedSecret(value.drawn, cardDevice(by.value), value.receiver);
      return { digest: introductionDigest(value), secret, relationship: relationshipKey(secret) };
    }),
    check: (bytes, given) => {
      const me = { network: given.bytes('network'), id: given.bytes('id') };
      const known = given.has('registries') ? registriesIn(given) : undefined;
      const checked = checkIntroduction(decodedAs(introduction, bytes), me, known);
      return checked.ok
        ? { expect: 'ok', derived: { device: toJson(checked.device) } }
        : { expect: checked.refusal };
    },
    place: (_, given) => {
      const standing = {
        agreed: given.flag('agreed'),
        since: given.number('since'),
        byMe: given.flag('byMe'),
        byThem: given.flag('byThem'),
      };
      const ids = [given.bytes('introducer'), given.bytes('receiver')] as const;
      const place = placeOfIntroduction(standing, given.number('incarnation'), ...ids);
      return place === 'refuse' ? { expect: place } : { expect: 'ok', derived: { place } };
    },
  },
};
