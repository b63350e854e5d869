/**
 * Two Lightning nodes of LDK on this thread, for benches that compare with them.
 *
 * They speak Noise over a queue in memory, no disk and no latency, and have one direct channel of
 * 16 million satoshis, half of them on either side. A payment is a keysend: the payee releases the
 * preimage, both sign the new commitments and revoke the old ones. It counts when the payer has heard
 * `PaymentSent` and both have nothing more to say.
 */

import { randomBytes } from 'node:crypto';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import {
  loadLdk,
  type FundingGenerationReady,
  type Handle,
  type Ldk,
  type Result,
} from './ldk-bindings.ts';
import { ldkNode, type LdkNode } from './ldk-node.ts';

export interface LdkPayments {
  readonly count: number;
  /** The most that wait at the same time; 1 is one after the other. */
  readonly inFlight: number;
  readonly millisatoshis: bigint;
}

/** What the payments took beside time, all together. */
export interface LdkTraffic {
  readonly wireBytes: number;
  readonly writes: number;
  readonly monitorUpdates: number;
}

export interface LdkPair {
  /** The direction turns round with each call, so that no side runs out. */
  readonly pay: (payments: LdkPayments) => Promise<LdkTraffic>;
  /**
   * Free what nobody needs any more. Theirs is freed when the engine finalizes the objects that stand for it,
   * and nothing tells the engine how large that is: without this, some thousand payments fill
   * their one gibibyte. To be called between rounds, while no clock runs.
   */
  readonly collect: () => Promise<void>;
}

/** A payment that an output of the commitment stands for: it could be claimed on the chain. */
export const enforceable = 1_000_000n;
/** A payment too small for an output, as those of streams are: no signature of its own. */
export const dust = 1_000n;

const channelSatoshis = 16_000_000n;
const pushMillisatoshis = 8_000_000_000n;
/** Blocks until the last hop of a payment may be taken back. */
const expiryBlocks = 40;
const forgetsAfterTicks = 8;

interface End {
  readonly node: LdkNode;
  readonly socket: Handle;
  readonly inbox: Uint8Array[];
}

interface Line {
  readonly ldk: Ldk;
  readonly ends: readonly [End, End];
  readonly said: { bytes: number; writes: number };
  sent: number;
}

/** The pair with its channel open, or undefined if LDK is not installed. */
export async function ldkPair(): Promise<LdkPair | undefined> {
  const ldk = await loadLdk();
  if (ldk === undefined) return undefined;
  const line = connected(ldk);
  const [one, two] = line.ends;
  const id = two.node.id;
  const opened = one.node.channels.create_channel(
    id,
    channelSatoshis,
    pushMillisatoshis,
    1n,
    null,
    null,
  );
  must(opened, 'open a channel');
  settle(line);
  for (const { node } of line.ends) {
    if (node.channels.list_usable_channels().length !== 1) throw new Error('LDK: no channel');
  }
  let turns = 0;
  return {
    pay: (payments) => {
      const [from, to] = turns++ % 2 === 0 ? [one, two] : [two, one];
      return pay(line, from.node, to.node, payments);
    },
    collect: () => {
      // A node forgets an ended payment some minutes later, and its list is walked for every new one.
      for (let tick = 0; tick < forgetsAfterTicks; tick++) {
        for (const { node } of line.ends) node.channels.timer_tick_occurred();
      }
      settle(line);
      return collect();
    },
  };
}

async function collect(): Promise<void> {
  setFlagsFromString('--expose-gc');
  setFlagsFromString('--no-flush-bytecode');
  (runInNewContext('gc') as () => void)();
  // The finalizers run in a turn of their own.
  await setTimeout(10);
}

async function pay(
  line: Line,
  from: LdkNode,
  to: LdkNode,
  { count, inFlight, millisatoshis }: LdkPayments,
): Promise<LdkTraffic> {
  const before = traffic(line);
  line.sent = 0;
  for (let started = 0; line.sent < count;) {
    for (; started < count && started - line.sent < inFlight; started++) {
      send(line.ldk, from, to, millisatoshis);
    }
    const settled = line.sent;
    settle(line);
    if (line.sent === settled) throw new Error('LDK: the payments stand still');
    // Else nothing of theirs is ever freed: finalizers run between turns of the engine.
    await setImmediate();
  }
  const after = traffic(line);
  return {
    wireBytes: after.wireBytes - before.wireBytes,
    writes: after.writes - before.writes,
    monitorUpdates: after.monitorUpdates - before.monitorUpdates,
  };
}

function traffic({ said, ends }: Line): LdkTraffic {
  const monitorUpdates = ends.reduce((sum, { node }) => sum + node.monitorUpdates(), 0);
  return { wireBytes: said.bytes, writes: said.writes, monitorUpdates };
}

function send(ldk: Ldk, from: LdkNode, to: LdkNode, millisatoshis: bigint): void {
  const to32 = ldk.Option_ThirtyTwoBytesZ.constructor_some(randomBytes(32));
  const payee = ldk.PaymentParameters.constructor_for_keysend(to.id, expiryBlocks, false);
  const { RouteParameters: Route, RecipientOnionFields: Onion } = ldk;
  const route = Route.constructor_from_payment_params_and_value(payee, millisatoshis);
  const onion = Onion.constructor_spontaneous_empty();
  const retry = ldk.Retry.constructor_attempts(0);
  const id = randomBytes(32);
  must(from.channels.send_spontaneous_payment(to32, onion, id, route, retry), 'send a payment');
}

/** Two nodes that have shaken hands. */
function connected(ldk: Ldk): Line {
  const said = { bytes: 0, writes: 0 };
  const inboxes: readonly [Uint8Array[], Uint8Array[]] = [[], []];
  const end = (number: 0 | 1): End => ({
    node: ldkNode(ldk, number + 1),
    inbox: inboxes[number],
    socket: socket(ldk, BigInt(number), (data) => {
      said.bytes += data.length;
      said.writes += 1;
      inboxes[1 - number]!.push(data);
    }),
  });
  const ends = [end(0), end(1)] as const;
  const line: Line = { ldk, ends, said, sent: 0 };
  const [one, two] = ends;
  const nowhere = ldk.Option_SocketAddressZ.constructor_none();
  must(two.node.connections.new_inbound_connection(two.socket, nowhere), 'be called');
  const call = one.node.connections.new_outbound_connection(two.node.id, one.socket, nowhere);
  must(call, 'call');
  two.inbox.push(call.res);
  settle(line);
  return line;
}

function socket(ldk: Ldk, number: bigint, write: (data: Uint8Array) => void): Handle {
  return ldk.SocketDescriptor.new_impl({
    send_data: (data) => {
      write(data);
      return data.length;
    },
    disconnect_socket: () => {
      throw new Error('LDK: one of the two has hung up');
    },
    eq: (other) => other.hash() === number,
    hash: () => number,
  });
}

/** Deliver and answer until both are silent. */
function settle(line: Line): void {
  for (let live = true; live;) {
    for (const { node, inbox, socket: at } of line.ends) {
      for (const data of inbox.splice(0)) must(node.connections.read_event(at, data), 'read');
      node.connections.process_events();
    }
    live = line.ends.some(({ inbox }) => inbox.length > 0);
    for (const { node } of line.ends) {
      for (const event of node.events()) {
        handle(line, node, event);
        live = true;
      }
    }
  }
}

function handle(line: Line, { channels }: LdkNode, event: object): void {
  const { ldk } = line;
  if (event instanceof ldk.Event_PendingHTLCsForwardable) channels.process_pending_htlc_forwards();
  else if (event instanceof ldk.Event_PaymentClaimable) {
    channels.claim_funds(event.purpose.spontaneous_payment);
  } else if (event instanceof ldk.Event_PaymentSent) line.sent += 1;
  else if (event instanceof ldk.Event_OpenChannelRequest) {
    const { temporary_channel_id: id, counterparty_node_id: peer } = event;
    must(channels.accept_inbound_channel_from_trusted_peer_0conf(id, peer, 2n), 'accept');
  } else if (event instanceof ldk.Event_FundingGenerationReady) {
    const { temporary_channel_id: id, counterparty_node_id: peer } = event;
    must(channels.funding_transaction_generated(id, peer, fundingOf(event)), 'fund');
  } else if (event instanceof ldk.Event_PaymentFailed || event instanceof ldk.Event_ChannelClosed) {
    throw new Error(`LDK: ${event.constructor.name}`);
  }
}

/** A transaction with the one output that the channel wants; nobody looks for its input. */
function fundingOf({
  output_script: script,
  channel_value_satoshis: value,
}: FundingGenerationReady): Uint8Array {
  const version = [2, 0, 0, 0];
  const segregated = [0, 1];
  const input = [1, ...new Uint8Array(36), 0, 255, 255, 255, 255];
  const output = new Uint8Array(8);
  new DataView(output.buffer).setBigUint64(0, value, true);
  const witness = [1, 1, 255];
  const lockTime = [0, 0, 0, 0];
  const outputs = [1, ...output, script.length, ...script];
  return new Uint8Array([...version, ...segregated, ...input, ...outputs, ...witness, ...lockTime]);
}

function must(result: Result, what: string): void {
  if (!result.is_ok()) throw new Error(`LDK does not ${what}`);
}
