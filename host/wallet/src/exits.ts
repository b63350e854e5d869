/**
 * Exits: the payee leaves an escrow alone, and whatever returns is collected alone.
 *
 *     payee   exit on the own lane · exit slot certified · the total is in its map
 *     payer   reads the exit slot, whose authorisation is the whole claim · collects the rest
 *
 * Every stage finds out by itself where it stands, so a crash anywhere is continued by `sync`.
 */

import { equal, exitHead, keyOf, type Certificate, type SlotValue } from '@dsm/primitive';
import { leaving } from '@dsm/bilateral';
import { encodeOperation, encodePart, escrowId, exitPlace, type ExitPart } from '@dsm/protocols';
import { certifyOne, type CertifyOutcome } from './certify.ts';
import type { Edge } from './edge-api.ts';
import { edgeOf } from './edges.ts';
import { escrowsOf, idOf, isFunded, isOfOldKey } from './edge-value.ts';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { ingest, partsFor } from './lineage.ts';
import { openedWith } from './lock-slots.ts';
import { putEscrow, type Model } from './model.ts';
import { appendRun } from './online.ts';
import { emitFinality } from './payments.ts';
import { incomingRoute, putFact } from './route-facts.ts';
import type { RouteRow } from './route-rows.ts';
import type { ContactRow, EscrowRow } from './rows.ts';
import { checkReady, current, liveSession, refresh, type Runtime } from './runtime.ts';
import { findToken } from './tokens.ts';
import { inputsOf } from './value.ts';

/** Leave every escrow that the contact has funded in this token. */
export async function exit(runtime: Runtime, to: ContactRow, name: string): Promise<Edge> {
  checkReady(runtime);
  const { engine } = runtime;
  const { model } = engine;
  const token = findToken(model, name);
  const { relationship, name: whose } = current(runtime, to);
  const standing = escrowsOf(model, relationship ?? token.id, token.id).filter(
    (row) => row.side === 1 && row.state === 0 && !isLeft(model, row),
  );
  if (standing.length === 0) {
    throw new DsmError('not-found', `${whose} has funded no escrow that could be left`);
  }
  await learnExits(
    engine,
    standing.filter((row) => isOfOldKey(model, row)),
  );
  const outcomes: CertifyOutcome[] = [];
  for (const row of standing) {
    await runtime.router.open(idOf(row));
    const head = await engine.exclusive(() => leave(engine, row));
    outcomes.push(await certifyOne(engine, head));
  }
  await refresh(runtime);
  if (outcomes.includes('conflicted')) {
    await learnExits(engine, standing);
    throw new DsmError(
      'already-spent',
      'another copy of this wallet has left the edge: that counts',
    );
  }
  await tellPeer(runtime, to, standing);
  if (outcomes.includes('undecided')) {
    throw new DsmError('pending', 'left and kept; too few nodes answered to certify it now');
  }
  return edgeOf(model, current(runtime, to), token);
}

function isLeft({ origins }: Model, { exit: head }: EscrowRow): boolean {
  return head !== undefined && origins.get(keyOf(head))?.certified === true;
}

/** The own-lane entry that leaves one escrow, or the head of the one that is there already. */
async function leave(engine: Engine, of: EscrowRow): Promise<Uint8Array> {
  const { model } = engine;
  const row = model.escrows.get(keyOf(idOf(of)))!;
  if (row.exit !== undefined) return row.exit;
  const { citation } = row;
  if (!isFunded(model, row) || citation === undefined) {
    throw new DsmError('pending', 'the funding is not certified yet: sync first');
  }
  const { routes, preimages } = lockedRoutes(model, row);
  const claim = { citation, preimages };
  const [input] = inputsOf(engine, [row.escrow.note]);
  const { token } = row.escrow.note;
  const operation = encodeOperation({ type: 'exit', token, input: input!, claim });
  const head = exitHead(claim);
  await appendRun(engine, model.own, [operation], false, (to) => {
    for (const route of routes) {
      putFact(to, model, route, { type: 'left', pays: leaving(route.passage) === 'pays' });
    }
    putEscrow(to, model, { ...row, exit: head });
  });
  return head;
}

/** What an exit does to the locks of its escrow: it takes those that were opened for certain. */
function lockedRoutes(
  model: Model,
  { escrow }: EscrowRow,
): { readonly routes: readonly RouteRow[]; readonly preimages: readonly Uint8Array[] } {
  const id = escrowId(escrow);
  const routes = escrow.locks.flatMap(({ hash }) => incomingRoute(model, id, hash) ?? []);
  const held = routes.map(({ passage }) => leaving(passage));
  if (held.includes('wait')) {
    throw new DsmError(
      'refused',
      'a payment that was passed on is under way: leaving now could lose it',
    );
  }
  if (held.includes('open')) {
    throw new DsmError('pending', 'too few nodes answered to open a lock: try again');
  }
  const preimages = routes
    .filter(({ passage }) => leaving(passage) === 'pays')
    .map(({ passage }) => passage.preimage!);
  // Locks ascend by hash, and so do the preimages that open them.
  return { routes, preimages };
}

/** A payer that is connected need not ask the nodes. */
async function tellPeer(
  runtime: Runtime,
  { device }: ContactRow,
  rows: readonly EscrowRow[],
): Promise<void> {
  const { engine } = runtime;
  const heads = rows.flatMap((row) => engine.model.escrows.get(keyOf(idOf(row)))!.exit ?? []);
  const { parts } = await partsFor(engine, { heads, tokens: [] });
  await liveSession(runtime, device)?.push(parts);
}

/**
 * Learn from the nodes how open escrows were left: by their payees, or by this device before it
 * was restored. True if every question was answered.
 */
export async function learnOpenExits(engine: Engine): Promise<boolean> {
  const { model } = engine;
  const open = [...model.escrows.values()].filter((row) => {
    if (row.state !== 0 || isLeft(model, row) || !isFunded(model, row)) return false;
    return row.side === 0 || row.exit !== undefined || isOfOldKey(model, row);
  });
  return learnExits(engine, open);
}

/** Ask the exit slots. The value there is authorised by the whole claim, so it is the part. */
async function learnExits(engine: Engine, rows: readonly EscrowRow[]): Promise<boolean> {
  let answered = true;
  for (const row of rows) {
    const reading = await engine.quorum.readSlot(exitPlace(row.escrow));
    if (reading.type === 'undecided') answered = false;
    if (reading.type !== 'voted') continue;
    for (const value of reading.values) {
      const certificate = await completed(engine, row, value, reading.certificate);
      if (certificate === undefined) continue;
      const { backing } = value.authorisation;
      const preimages = backing?.type === 'exit' ? backing.preimages : [];
      const opened = await openedWith(engine, row.escrow, preimages);
      if (opened === undefined) {
        answered = false;
        continue;
      }
      const { source, index } = row.escrow.note;
      const part: ExitPart = {
        source,
        index,
        authorisation: value.authorisation,
        certificate,
        opened,
      };
      const { changed } = await engine.exclusive(() => ingest(engine, [], [encodePart(part)]));
      emitFinality(engine, changed);
      break;
    }
  }
  return answered;
}

/** The certificate of this value; whoever finds one half certified completes it. */
async function completed(
  engine: Engine,
  { escrow }: EscrowRow,
  { value, authorisation }: SlotValue,
  known: Certificate | undefined,
): Promise<Certificate | undefined> {
  if (known !== undefined) return equal(known.value, value) ? known : undefined;
  const write = {
    place: exitPlace(escrow),
    value,
    authorisation,
    hint: undefined,
    certificate: undefined,
  };
  const outcome = await engine.quorum.writeSlot(write);
  return outcome.type === 'certified' ? outcome.certificate : undefined;
}
