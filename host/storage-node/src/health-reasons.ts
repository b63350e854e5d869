/** What can be said of a node that answers. */

/**
 * ok                stands alone
 * full              no room for a slot
 * no-registry       knows no registry that names it, so it does not vote
 * between-versions  has closed its version and waits for the next
 */
export const healthReasons = ['ok', 'full', 'no-registry', 'between-versions'] as const;
export type HealthReason = (typeof healthReasons)[number];
