/** What a stranger may cost a node that serves HTTP, each bound by its name. */

export const httpLimits = {
  /** Connections in all, and of one address (of one /64 in IPv6). */
  connectionsMax: 10_240,
  connectionsByAddressMax: 512,
  /** Requests under way, in all and of one address, and bytes that they may hold. */
  requestsUnderWayMax: 1_024,
  requestsByAddressMax: 128,
  bytesUnderWayMax: 536_870_912,
  /** Slices of exchanges that the node works on at a time. */
  slicesUnderWayMax: 16,
  /** Streams of one HTTP/2 connection, and how many of them it may take back: at once, per second. */
  streamsMax: 64,
  resetsMax: 100,
  resetsPerSecond: 10,
  /** Requests of one address: at once, per second. Thirty-two frames of an exchange are one more. */
  burstMax: 8_192,
  requestsPerSecond: 4_096,
  /** Addresses whose requests are counted; beyond, those that were quiet longest are forgotten. */
  addressesMax: 65_536,
  headerBytesMax: 8_192,
  headersMax: 64,
  /** How long a client may take to send the first bytes or headers, and all of a request. */
  headersMs: 10_000,
  requestMs: 30_000,
  /** How long it may take nothing of an answer, and how long a request may take in all. */
  stalledMs: 10_000,
  wholeMs: 120_000,
  /** How long a connection may stand still between requests. */
  idleMs: 60_000,
} as const;

export type HttpLimits = { readonly [K in keyof typeof httpLimits]: number };
