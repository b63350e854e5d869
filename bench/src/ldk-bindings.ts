/**
 * The Lightning Development Kit, compiled to WebAssembly by its authors, and as much of its shape
 * as a payment over one channel needs. The names are theirs.
 */

import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { resolvePeer } from './third-party.ts';

/** Something of theirs that we only pass on. */
export type Handle = object;

export interface Result {
  readonly is_ok: () => boolean;
}

interface Made<T, Arguments extends readonly unknown[] = readonly []> {
  readonly constructor_new: (...args: Arguments) => T;
}

interface Default<T = Handle> {
  readonly constructor_default: () => T;
}

/** Something that we write for them. */
interface Written<Parts> {
  readonly new_impl: (parts: Parts) => Handle;
}

type Kind<T> = abstract new (...args: never) => T;

export interface OpenChannelRequest {
  readonly temporary_channel_id: Handle;
  readonly counterparty_node_id: Uint8Array;
}

export interface FundingGenerationReady extends OpenChannelRequest {
  readonly channel_value_satoshis: bigint;
  readonly output_script: Uint8Array;
}

export interface PaymentClaimable {
  readonly purpose: { readonly spontaneous_payment: Uint8Array };
}

export interface ChannelManager {
  readonly get_our_node_id: () => Uint8Array;
  readonly as_ChannelMessageHandler: () => Handle;
  readonly as_EventsProvider: () => { readonly process_pending_events: (to: Handle) => void };
  readonly create_channel: (
    peer: Uint8Array,
    satoshis: bigint,
    pushMillisatoshis: bigint,
    user: bigint,
    id: null,
    config: null,
  ) => Result;
  readonly accept_inbound_channel_from_trusted_peer_0conf: (
    id: Handle,
    peer: Uint8Array,
    user: bigint,
  ) => Result;
  readonly funding_transaction_generated: (id: Handle, peer: Uint8Array, tx: Uint8Array) => Result;
  readonly list_usable_channels: () => readonly Handle[];
  readonly send_spontaneous_payment: (
    preimage: Handle,
    onion: Handle,
    id: Uint8Array,
    route: Handle,
    retry: Handle,
  ) => Result;
  readonly process_pending_htlc_forwards: () => void;
  readonly timer_tick_occurred: () => void;
  readonly claim_funds: (preimage: Uint8Array) => void;
}

export interface PeerManager {
  readonly new_inbound_connection: (socket: Handle, address: Handle) => Result;
  readonly new_outbound_connection: (
    peer: Uint8Array,
    socket: Handle,
    address: Handle,
  ) => Result & { readonly res: Uint8Array };
  readonly read_event: (socket: Handle, data: Uint8Array) => Result;
  readonly process_events: () => void;
}

interface Keys {
  readonly as_EntropySource: () => Handle;
  readonly as_NodeSigner: () => Handle;
  readonly as_SignerProvider: () => Handle;
}

interface Ignoring {
  readonly as_RoutingMessageHandler: () => Handle;
  readonly as_OnionMessageHandler: () => Handle;
  readonly as_CustomMessageHandler: () => Handle;
}

export interface Ldk {
  readonly initializeWasmFromBinary: (bytes: Uint8Array) => Promise<void>;
  readonly Network: { readonly LDKNetwork_Regtest: number };
  readonly ChannelMonitorUpdateStatus: {
    readonly LDKChannelMonitorUpdateStatus_Completed: number;
  };

  readonly FeeEstimator: Written<{ get_est_sat_per_1000_weight(): number }>;
  readonly BroadcasterInterface: Written<{ broadcast_transactions(): void }>;
  readonly Logger: Written<{ log(): void }>;
  readonly Persist: Written<{
    persist_new_channel(): number;
    update_persisted_channel(): number;
    archive_persisted_channel(): void;
  }>;
  readonly EventHandler: Written<{ handle_event(event: object): Handle }>;
  readonly SocketDescriptor: Written<{
    send_data(data: Uint8Array): number;
    disconnect_socket(): void;
    eq(other: { hash(): bigint }): boolean;
    hash(): bigint;
  }>;

  readonly Option_FilterZ: { readonly constructor_none: () => Handle };
  readonly Option_SocketAddressZ: { readonly constructor_none: () => Handle };
  readonly Option_ThirtyTwoBytesZ: { readonly constructor_some: (bytes: Uint8Array) => Handle };
  readonly Result_NoneReplayEventZ: { readonly constructor_ok: () => Handle };

  readonly UserConfig: Default<{
    set_manually_accept_inbound_channels(value: boolean): void;
    set_channel_handshake_config(value: Handle): void;
    set_channel_config(value: Handle): void;
  }>;
  readonly ChannelHandshakeConfig: Default<{
    set_max_inbound_htlc_value_in_flight_percent_of_channel(value: number): void;
    set_our_max_accepted_htlcs(value: number): void;
  }>;
  readonly ChannelConfig: Default<{ set_max_dust_htlc_exposure(value: Handle): void }>;
  readonly MaxDustHTLCExposure: {
    readonly constructor_fixed_limit_msat: (value: bigint) => Handle;
  };

  readonly ChainMonitor: Made<
    { as_Watch(): Handle },
    readonly [filter: Handle, broadcaster: Handle, logger: Handle, fees: Handle, persist: Handle]
  >;
  readonly KeysManager: Made<Keys, readonly [seed: Uint8Array, seconds: bigint, nanos: number]>;
  readonly NetworkGraph: Made<Handle, readonly [network: number, logger: Handle]>;
  readonly ProbabilisticScoringDecayParameters: Default;
  readonly ProbabilisticScoringFeeParameters: Default;
  readonly ProbabilisticScorer: Made<
    { as_Score(): Handle },
    readonly [decay: Handle, graph: Handle, logger: Handle]
  >;
  readonly MultiThreadedLockableScore: Made<
    { as_LockableScore(): Handle },
    readonly [score: Handle]
  >;
  readonly DefaultRouter: Made<
    { as_Router(): Handle },
    readonly [graph: Handle, logger: Handle, entropy: Handle, score: Handle, fees: Handle]
  >;
  readonly DefaultMessageRouter: Made<
    { as_MessageRouter(): Handle },
    readonly [graph: Handle, entropy: Handle]
  >;
  readonly BestBlock: { readonly constructor_from_network: (network: number) => Handle };
  readonly ChainParameters: Made<Handle, readonly [network: number, best: Handle]>;
  readonly ChannelManager: Made<ChannelManager, readonly [...Handle[], timestamp: number]>;
  readonly IgnoringMessageHandler: Made<Ignoring>;
  readonly PeerManager: Made<
    PeerManager,
    readonly [
      channels: Handle,
      routing: Handle,
      onions: Handle,
      custom: Handle,
      time: number,
      random: Uint8Array,
      logger: Handle,
      signer: Handle,
    ]
  >;

  readonly PaymentParameters: {
    readonly constructor_for_keysend: (to: Uint8Array, expiry: number, parts: boolean) => Handle;
  };
  readonly RouteParameters: {
    readonly constructor_from_payment_params_and_value: (of: Handle, msat: bigint) => Handle;
  };
  readonly RecipientOnionFields: { readonly constructor_spontaneous_empty: () => Handle };
  readonly Retry: { readonly constructor_attempts: (attempts: number) => Handle };

  readonly Event_OpenChannelRequest: Kind<OpenChannelRequest>;
  readonly Event_FundingGenerationReady: Kind<FundingGenerationReady>;
  readonly Event_PendingHTLCsForwardable: Kind<Handle>;
  readonly Event_PaymentClaimable: Kind<PaymentClaimable>;
  readonly Event_PaymentSent: Kind<Handle>;
  readonly Event_PaymentFailed: Kind<Handle>;
  readonly Event_ChannelClosed: Kind<Handle>;
}

/** The kit, ready to use, or undefined if it is not installed. */
export async function loadLdk(): Promise<Ldk | undefined> {
  const entry = resolvePeer('lightningdevkit');
  const program = resolvePeer('lightningdevkit/liblightningjs.wasm');
  if (entry === undefined || program === undefined) return undefined;
  const kit = (await import(pathToFileURL(entry).href)) as Ldk;
  const bytes = await readFile(program);
  // It greets on the standard output, which belongs to the figures.
  const say = console.log;
  console.log = () => undefined;
  try {
    await kit.initializeWasmFromBinary(bytes);
  } finally {
    console.log = say;
  }
  return kit;
}
