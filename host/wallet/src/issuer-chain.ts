/**
 * The issuer chain as the nodes have it: what was issued last, and what stands at a position.
 *
 * An issuer that is not alone, or that was restored, reads the slots after the last issue that it
 * knows before it signs the next: the parent of an issue is the last certified one.
 */

import { equal, keyOf, type SlotValue } from '@dsm/primitive';
import {
  decodePart,
  encodePart,
  isIssuePart,
  issuePlace,
  partHead,
  type IssuePart,
} from '@dsm/protocols';
import { certifyOne } from './certify.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { ingest } from './lineage.ts';
import { draft, putToken, removeNotice, type Token } from './model.ts';
import { noticedHeads } from './notices.ts';
import { emitFinality } from './payments.ts';

/** True if somebody else may have issued what this wallet does not know of. */
export function mustLook({ model }: Engine, { rules }: Token): boolean {
  return model.row.incarnation > 0 || rules.members.length > 1;
}

/** Follow the chain to its end. Throws if the nodes do not answer, or know an issue and cannot show it. */
export async function learnIssues(engine: Engine, id: Uint8Array): Promise<Token> {
  await settleLast(engine, id);
  for (;;) {
    const token = engine.model.tokens.get(keyOf(id))!;
    const place = issuePlace(token.issueHead, token.rules);
    const reading = await engine.quorum.readSlot(place);
    if (reading.type === 'undecided') {
      throw new DsmError('offline', 'too few nodes answer to see what was issued last');
    }
    if (reading.type === 'free') return token;
    const decided = reading.certificate?.value;
    const values = reading.values.filter(
      ({ value }) => decided === undefined || equal(value, decided),
    );
    const part = await fetchIssue(engine, values);
    if (part === undefined) {
      throw new DsmError(
        'pending',
        `an issue of ${token.rules.ticker} is known to the nodes, its bytes are not`,
      );
    }
    const encoded = encodePart({ ...part, certificate: part.certificate ?? reading.certificate });
    const { changed } = await engine.exclusive(() => ingest(engine, [], [encoded]));
    emitFinality(engine, changed);
    const head = partHead(part);
    if (!isChainCertified(engine, head)) await certifyOne(engine, head);
    if (!isChainCertified(engine, head)) {
      throw new DsmError('pending', 'the last issue is not certified yet: too few nodes answer');
    }
    await moveTo(engine, id, head);
  }
}

/** The last own issue may have lost its position to one of a former incarnation: then go back. */
async function settleLast(engine: Engine, id: Uint8Array): Promise<void> {
  for (;;) {
    const { issueHead } = engine.model.tokens.get(keyOf(id))!;
    if (equal(issueHead, id) || isChainCertified(engine, issueHead)) return;
    const outcome = await certifyOne(engine, issueHead);
    if (isChainCertified(engine, issueHead)) return;
    if (outcome !== 'conflicted') {
      throw new DsmError('pending', 'the last issue is not certified yet: too few nodes answer');
    }
    await moveTo(engine, id, engine.model.origins.get(keyOf(issueHead))?.sources[0] ?? id);
  }
}

function isChainCertified({ model }: Engine, head: Uint8Array): boolean {
  return model.origins.get(keyOf(head))?.issued?.certified === true;
}

/** The token's next issue follows this one. */
function moveTo(engine: Engine, id: Uint8Array, head: Uint8Array): Promise<void> {
  const { model } = engine;
  return engine.exclusive(async () => {
    const issued = model.origins.get(keyOf(head))?.issued;
    const to = draft();
    putToken(to, model, {
      ...model.tokens.get(keyOf(id))!,
      issueHead: head,
      issueIndex: issued?.index ?? 0,
      issueTotal: issued?.total ?? 0n,
    });
    await engine.commit(to);
  });
}

/** The issue that a slot's value names, from the first hint that holds it. Hints are not signed. */
async function fetchIssue(
  engine: Engine,
  values: readonly SlotValue[],
): Promise<IssuePart | undefined> {
  for (const { value, hints } of values) {
    for (const hint of hints) {
      const bytes = await engine.quorum.fetch(hint);
      const part = bytes === undefined ? undefined : decodePart(bytes);
      if (part !== undefined && isIssuePart(part) && equal(partHead(part), value)) return part;
    }
  }
  return undefined;
}

/** Fetch from the nodes what notices named; what is here is noticed no longer. */
export async function followNotices(engine: Engine): Promise<void> {
  const { model } = engine;
  const wanted = new Map(noticedHeads(engine).map((head) => [keyOf(head), head]));
  const tokens = [...model.notices.values()].filter(({ head }) => wanted.has(keyOf(head)));
  for (const token of new Map(tokens.map((one) => [keyOf(one.token), one.token])).values()) {
    // Nodes that do not answer are asked again by the next round.
    await learnIssues(engine, token).catch(() => undefined);
  }
  await engine.exclusive(async () => {
    const to = draft();
    for (const { head } of model.notices.values()) {
      if (model.origins.get(keyOf(head))?.certified === true) removeNotice(to, model, head);
    }
    await engine.commit(to);
  });
}
