/** The keystore of the operating system as device binding. */

export {};
