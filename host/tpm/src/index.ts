/** A TPM 2.0 as device binding, through tpm2-tools. */

export {};
