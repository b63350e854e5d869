/** Judges of words and of what follows from them, and of shares. */

import { hash, type Suite } from '@dsm/primitive';
import { portableKem } from '@dsm/portable';
import { authoritySeed, firstBirth, identitySecrets, secretsOf, walletKeys } from '@dsm/wallet';
import { checkOf, readWords, share, wordList, wordsOf } from '@dsm/words';
import { toJson, type Given, type Judge } from './case.ts';
import { decoding } from './objects.ts';

const deriving =
  (derive: (given: Given) => object): Judge =>
  (_, given) => ({ expect: 'ok', derived: toJson(derive(given)) });

function suiteIn(given: Given): Suite {
  return given.number('suite') === 2 ? 2 : 1;
}

export const wordsJudges: Readonly<Record<string, Readonly<Record<string, Judge>>>> = {
  words: {
    derive: deriving((given) => {
      const words = wordsOf(given.bytes('entropy'));
      const numbers = words.split(' ').map((word) => wordList.indexOf(word));
      return { numbers, entropy: readWords(words) };
    }),
  },
  'identity-secret': {
    derive: deriving((given) => {
      const [secret, suite] = [given.bytes('secret'), suiteIn(given)];
      const { device } = identitySecrets(secret, suite);
      const numbers = given.numbers('numbers');
      return {
        salt: hash('identity-salt', given.bytes('network')),
        devices: numbers.map(device),
        authorities: numbers.map((n) => authoritySeed(secret, suite, n)),
      };
    }),
  },
  'device-secret': {
    derive: deriving((given) => {
      const device = given.bytes('device');
      const which = { incarnation: given.number('incarnation'), birth: given.bytes('birth') };
      const secrets = secretsOf(device);
      const keys = walletKeys(secrets, 1, portableKem, which);
      return {
        firstBirth: firstBirth(device),
        standing: secrets.standing,
        incarnation: secrets.incarnation(which.incarnation, which.birth),
        blindSecret: keys.blindSecret,
        ownSecret: keys.ownSecret,
        capsuleSecret: keys.capsuleSecret,
      };
    }),
  },
  share: {
    decode: decoding(share),
    check: deriving((given) => ({
      check: checkOf(
        given.bytes('entropy'),
        given.bytes('drawn'),
        given.number('threshold'),
        given.number('count'),
      ),
    })),
  },
};
