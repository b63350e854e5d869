/** Who a wallet is, as its owner sees it. */

import type { Identity } from './api.ts';
import type { Model } from './model.ts';
import { idText, phraseOf } from './text.ts';

export function identityOf({ device, row }: Model): Identity {
  return {
    device: idText('device', device.id),
    name: row.name,
    phrase: phraseOf(device.id),
    incarnation: row.incarnation,
    suite: row.suite,
    network: row.networkName,
    card: row.card,
  };
}
