/** What a wallet says of its own phase, and of what came back. */

import { certificate } from '@dsm/primitive';
import type { Engine } from './engine.ts';
import { proofOfEnd } from './fencing.ts';
import { mayNotAct } from './phase.ts';
import { phaseOf } from './phase-numbers.ts';
import type { RecoveryActions } from './recovery-api.ts';
import { recoveryReport } from './recovery-report.ts';

export function recoveryActions(engine: Engine): RecoveryActions {
  const { model } = engine;
  return {
    phase: () => phaseOf(model.row),
    why: () => {
      const phase = phaseOf(model.row);
      return phase === 'live' ? '' : mayNotAct(phase).message;
    },
    proof: async () => {
      const proof = await proofOfEnd(engine);
      return proof && certificate.encode(proof);
    },
    report: async () => {
      await engine.quorum.follow();
      return recoveryReport(engine);
    },
  };
}
