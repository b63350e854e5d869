/** The directory as programs hold it: being found, finding, and introducing this device. */

import { equal, keyOf } from '@dsm/primitive';
import { normalName } from '@dsm/identity';
import type { Relationship } from './api.ts';
import type { DirectoryActions } from './directory-api.ts';
import { contactView } from './contacts.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { claimantOf, findWho, pinnedTo } from './finding.ts';
import { strangersIn } from './inbox.ts';
import { beginIntroduction, sayIntroduction } from './introducing.ts';
import { publishName, renewInvitation, withdrawName } from './listing.ts';
import type { ContactRow } from './rows.ts';
import { checkReady, type Runtime } from './runtime.ts';
import { idBytes, idText } from './text.ts';

export function directoryActions(
  runtime: Runtime,
  relationship: (row: ContactRow) => Relationship,
): DirectoryActions {
  const { engine } = runtime;
  const { model } = engine;
  return {
    publish: async (text) => {
      checkReady(runtime);
      const nodes = await publishName(engine, text);
      const name = normalName(text)!;
      const claims = await findWho(engine, name);
      const others = claims.filter(({ device }) => !equal(device, model.device.id)).length;
      return { name, invitation: invitationOf(engine)!, nodes, others };
    },
    withdraw: async (name) => {
      checkReady(runtime);
      await withdrawName(engine, name);
    },
    find: async (who) => (await findWho(engine, who)).map((one) => claimantOf(engine, one)),
    invite: async () => {
      checkReady(runtime);
      return idText('invitation', (await renewInvitation(engine)).address);
    },
    introduce: async (who, options = {}) => {
      checkReady(runtime);
      return relationship(await introduce(engine, who, options.name));
    },
    status: () => {
      const { names, until, bad } = model.directory;
      const open = [...model.introductions.values()].filter((row) => row.open !== undefined);
      return {
        names,
        invitation: invitationOf(engine),
        until,
        bad,
        strangers: strangersIn(engine),
        unanswered: open.length,
      };
    },
  };
}

function invitationOf({ model }: Engine): string | undefined {
  const { invitation } = model.directory;
  return invitation === undefined ? undefined : idText('invitation', invitation.address);
}

/** A name that was used before stays with its device, whoever claims it now. */
async function introduce(
  engine: Engine,
  who: string,
  name: string | undefined,
): Promise<ContactRow> {
  const { model } = engine;
  const isId = [idBytes('invitation', who), idBytes('device', who)].some(Boolean);
  const lookedUp = isId ? '' : (normalName(who) ?? '');
  const pinned = lookedUp === '' ? undefined : pinnedTo(model, lookedUp);
  const known = pinned === undefined ? undefined : model.contacts.get(keyOf(pinned));
  if (known?.agreed === 1) return known;
  const found = await findWho(engine, who);
  if (found.length > 1) {
    const ids = found.map(({ device }) => idText('device', device)).join(', ');
    throw new DsmError('ambiguous', `${found.length} devices claim "${who}": ${ids}`);
  }
  const [one] = found;
  if (one === undefined) throw new DsmError('not-found', `nobody is listed as "${who}"`);
  const row = await beginIntroduction(engine, one, {
    lookedUp,
    ...(name !== undefined && { name }),
  });
  await sayIntroduction(engine, one.device);
  const now = model.contacts.get(keyOf(row.device))!;
  engine.emit('contact', contactView(model, now));
  return now;
}
