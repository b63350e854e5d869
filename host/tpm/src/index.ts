/** @dsm/tpm: a TPM 2.0 as device binding, through tpm2-tools. */

export { tpmBinding, tpmMissing } from './binding.ts';
export type { TpmOptions } from './tools.ts';
