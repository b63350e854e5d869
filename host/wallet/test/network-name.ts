/** The name of the network that the tests of the wallet play on. */

export const networkName = 'test';
