/**
 * One Lightning node as LDK makes it: its own keys, router, channel manager and connections.
 *
 * It keeps nothing on disk (a monitor update counts as kept at once), looks at no chain, and throws
 * its log away, though LDK composes every record before it asks; nobody can keep it from that.
 */

import type { ChannelManager, Handle, Ldk, PeerManager } from './ldk-bindings.ts';

export interface LdkNode {
  readonly id: Uint8Array;
  readonly channels: ChannelManager;
  readonly connections: PeerManager;
  /** What has happened since it was asked last. */
  readonly events: () => readonly object[];
  readonly monitorUpdates: () => number;
}

/** As many payments may be in flight as the protocol allows. */
const inFlightMax = 483;
const feePer1000Weight = 253;
const dustMillisatoshisMax = 10_000_000_000n;
/** Seconds: LDK asks for a time and uses it only to tell restarts apart. */
const then = 42;

export function ldkNode(ldk: Ldk, number: number): LdkNode {
  let updates = 0;
  const { LDKChannelMonitorUpdateStatus_Completed: kept } = ldk.ChannelMonitorUpdateStatus;
  const fees = ldk.FeeEstimator.new_impl({ get_est_sat_per_1000_weight: () => feePer1000Weight });
  const chain = ldk.BroadcasterInterface.new_impl({ broadcast_transactions: () => undefined });
  const logger = ldk.Logger.new_impl({ log: () => undefined });
  const disk = ldk.Persist.new_impl({
    persist_new_channel: () => kept,
    update_persisted_channel: () => {
      updates += 1;
      return kept;
    },
    archive_persisted_channel: () => undefined,
  });
  const filter = ldk.Option_FilterZ.constructor_none();
  const watch = ldk.ChainMonitor.constructor_new(filter, chain, logger, fees, disk).as_Watch();
  const seed = new Uint8Array(32).fill(number);
  const keys = ldk.KeysManager.constructor_new(seed, BigInt(then), number);
  const channels = ldk.ChannelManager.constructor_new(
    fees,
    watch,
    chain,
    ...routersOf(ldk, logger, keys.as_EntropySource()),
    logger,
    keys.as_EntropySource(),
    keys.as_NodeSigner(),
    keys.as_SignerProvider(),
    configOf(ldk),
    parametersOf(ldk),
    then,
  );
  const happened: object[] = [];
  const handler = ldk.EventHandler.new_impl({
    handle_event: (event) => {
      happened.push(event);
      return ldk.Result_NoneReplayEventZ.constructor_ok();
    },
  });
  const provider = channels.as_EventsProvider();
  return {
    id: channels.get_our_node_id(),
    channels,
    connections: connectionsOf(ldk, channels, seed, logger, keys.as_NodeSigner()),
    events: () => {
      provider.process_pending_events(handler);
      return happened.splice(0);
    },
    monitorUpdates: () => updates,
  };
}

function routersOf(ldk: Ldk, logger: Handle, entropy: Handle): readonly [Handle, Handle] {
  const graph = ldk.NetworkGraph.constructor_new(ldk.Network.LDKNetwork_Regtest, logger);
  const decay = ldk.ProbabilisticScoringDecayParameters.constructor_default();
  const scorer = ldk.ProbabilisticScorer.constructor_new(decay, graph, logger);
  const score = ldk.MultiThreadedLockableScore.constructor_new(scorer.as_Score());
  const lockable = score.as_LockableScore();
  const fees = ldk.ProbabilisticScoringFeeParameters.constructor_default();
  const router = ldk.DefaultRouter.constructor_new(graph, logger, entropy, lockable, fees);
  const messages = ldk.DefaultMessageRouter.constructor_new(graph, entropy);
  return [router.as_Router(), messages.as_MessageRouter()];
}

/** Everything as LDK ships it, but a channel that may be full of payments, small ones too. */
function configOf(ldk: Ldk): Handle {
  const handshake = ldk.ChannelHandshakeConfig.constructor_default();
  handshake.set_max_inbound_htlc_value_in_flight_percent_of_channel(100);
  handshake.set_our_max_accepted_htlcs(inFlightMax);
  const channel = ldk.ChannelConfig.constructor_default();
  const limit = ldk.MaxDustHTLCExposure.constructor_fixed_limit_msat(dustMillisatoshisMax);
  channel.set_max_dust_htlc_exposure(limit);
  const config = ldk.UserConfig.constructor_default();
  config.set_manually_accept_inbound_channels(true);
  config.set_channel_handshake_config(handshake);
  config.set_channel_config(channel);
  return config;
}

function parametersOf(ldk: Ldk): Handle {
  const network = ldk.Network.LDKNetwork_Regtest;
  const best = ldk.BestBlock.constructor_from_network(network);
  return ldk.ChainParameters.constructor_new(network, best);
}

function connectionsOf(
  ldk: Ldk,
  channels: ChannelManager,
  random: Uint8Array,
  logger: Handle,
  signer: Handle,
): PeerManager {
  const ignoring = ldk.IgnoringMessageHandler.constructor_new();
  return ldk.PeerManager.constructor_new(
    channels.as_ChannelMessageHandler(),
    ignoring.as_RoutingMessageHandler(),
    ignoring.as_OnionMessageHandler(),
    ignoring.as_CustomMessageHandler(),
    then,
    random,
    logger,
    signer,
  );
}
