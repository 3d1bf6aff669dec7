/** Problems that need an administrator, because they keep the broker from governing the TPM. */
import type { EffectivePolicy } from '../../domain/policy/settings.js';
import type { DictionaryAttackState } from '../../domain/tpm/device-facts.js';
import type { AbrmdState } from '../ports/operating-system.js';
import type { PassedOverTpm } from '../ports/tpm-transport.js';
import type { ReplacedTpm } from '../state/tpm-bound-state.js';

export interface Warning {
  /** Stable identifier for scripts, such as `tpmOpenToOthers`. */
  readonly id: string;
  readonly message: string;
  readonly action: string;
}

export interface WarningFacts {
  /** How the broker reaches its TPM. */
  readonly transport: string;
  /** Transports that were tried without success. */
  readonly passedOver: readonly PassedOverTpm[];
  /** Undefined unless this run of the broker found another TPM than the one before. */
  readonly replacedTpm: ReplacedTpm | undefined;
  /** Undefined if tpm2-abrmd cannot compete for this TPM. */
  readonly abrmd: AbrmdState | undefined;
  /** Other programs that can open the TPM or hold it open, according to the transport. */
  readonly exposure: readonly string[];
  /** Undefined if the TPM does not report it (TPM 1.2). */
  readonly dictionaryAttack: DictionaryAttackState | undefined;
  readonly policy: EffectivePolicy;
  readonly lostAuditLines: number;
  /** The names of event actions that failed too often. */
  readonly disabledActions: readonly string[];
}

export function warningsFrom(facts: WarningFacts): readonly Warning[] {
  return [
    ...standInWarning(facts),
    ...replacedTpmWarning(facts.replacedTpm),
    ...abrmdWarning(facts.abrmd),
    ...exposureWarning(facts.exposure),
    ...tpmLimitWarning(facts),
    ...tpmTriesWarning(facts.dictionaryAttack),
    ...lockoutSettingWarnings(facts.policy),
    ...policyProblemWarning(facts.policy),
    ...auditWarning(facts.lostAuditLines),
    ...disabledActionWarnings(facts.disabledActions),
  ];
}

function standInWarning({ transport, passedOver }: WarningFacts): readonly Warning[] {
  if (passedOver.length === 0) return [];
  const reasons = passedOver.map(({ transport: place, reason }) => `${place}: ${reason}`).join('; ');
  return [
    {
      id: 'tpmStandsIn',
      message: `${transport} stands in for another TPM. ${reasons}`,
      action:
        'Give the broker the TPM that it is configured for, and restart it. Until then keys are created in the stand-in.',
    },
  ];
}

function replacedTpmWarning(replaced: ReplacedTpm | undefined): readonly Warning[] {
  if (replaced === undefined) return [];
  const { earlier, found, isBack } = replaced;
  return [
    {
      id: 'tpmReplaced',
      message: `This TPM (${found}) is another one than before (${earlier}), whose sessions and stored owner authorization are set aside.${isBack ? ' What had been set aside for this TPM is in use again.' : ''}`,
      action:
        'If the TPM was replaced on purpose, go on with Initialize-Tpm or Import-TpmOwnerAuth. Otherwise find out who exchanged the TPM or restored the state folder of another machine (docs/state.md). The next start of the broker ends this warning.',
    },
  ];
}

const MASK_ABRMD = 'systemctl mask --now tpm2-abrmd.service';

function abrmdWarning(abrmd: AbrmdState | undefined): readonly Warning[] {
  if (abrmd?.processId !== undefined) {
    return [
      {
        id: 'abrmdRuns',
        message: `tpm2-abrmd is also running (process ${abrmd.processId}): programs that use it bypass the broker.`,
        action: `Stop it and keep it from being started: ${MASK_ABRMD} (see docs/moving-from-tpm2-abrmd.md).`,
      },
    ];
  }
  if (abrmd?.activatable !== true) return [];
  return [
    {
      id: 'abrmdActivatable',
      message:
        'tpm2-abrmd is installed, and D-Bus starts it for any program that calls it. If that happens while the broker is stopped, it takes the TPM and the broker cannot start.',
      action: `Mask it: ${MASK_ABRMD} (see docs/moving-from-tpm2-abrmd.md).`,
    },
  ];
}

function exposureWarning(exposure: readonly string[]): readonly Warning[] {
  if (exposure.length === 0) return [];
  return [
    {
      id: 'tpmOpenToOthers',
      message: `The TPM can be reached without the broker, so programs can bypass lists and lockout: ${exposure.join('; ')}.`,
      action:
        "Give the TPM's device or socket to the broker's user alone (owner root, mode 0600), and end other users of it.",
    },
  ];
}

function tpmLimitWarning({ dictionaryAttack, policy }: WarningFacts): readonly Warning[] {
  const total = policy.settings.standardUserAuthorizationFailureTotalThreshold;
  if (dictionaryAttack === undefined || dictionaryAttack.maxTries > total) return [];
  return [
    {
      id: 'tpmLocksBeforePolicy',
      message: `The TPM locks after ${dictionaryAttack.maxTries} failed tries, and the total threshold is ${total}: users can lock the TPM before the broker locks them out.`,
      action: `Raise the TPM's limit above ${total} (Set-TpmLockoutParameter -MaxTries ${Math.max(32, total + 1)}, or tpm2_dictionarylockout --setup-parameters), or lower standardUserAuthorizationFailureTotalThreshold.`,
    },
  ];
}

/** The same limit as the event of application/owner-auth/tpm-lockout-watch.ts: three quarters of the tries. */
const NEAR = 0.75;

function tpmTriesWarning(state: DictionaryAttackState | undefined): readonly Warning[] {
  if (state === undefined) return [];
  const { inLockout, failedTries, maxTries, recoverySeconds } = state;
  if (!inLockout && failedTries < maxTries * NEAR) return [];
  const message = inLockout
    ? `The TPM is locked: ${failedTries} of ${maxTries} failed tries. It rejects every authorization of a protected object.`
    : `The TPM is close to its own lockout: ${failedTries} of ${maxTries} failed tries.`;
  return [
    {
      id: inLockout ? 'tpmLockedOut' : 'tpmNearLockout',
      message,
      action: `Unblock-Tpm resets it; otherwise the TPM forgets one try every ${recoverySeconds} s. A power cut, or killing a software TPM, after a protected object was used also counts as a try.`,
    },
  ];
}

function lockoutSettingWarnings(policy: EffectivePolicy): readonly Warning[] {
  const { settings } = policy;
  const warnings: Warning[] = [];
  if (settings.standardUserAuthorizationFailureDurationMinutes === 0) {
    warnings.push({
      id: 'lockoutCountsNothing',
      message: 'The lockout window is 0 minutes: authorization failures are not counted, so nobody is ever locked out.',
      action: 'Set standardUserAuthorizationFailureDurationMinutes (the default is 480).',
    });
  }
  if (
    settings.standardUserAuthorizationFailureIndividualThreshold === 0 ||
    settings.standardUserAuthorizationFailureTotalThreshold === 0
  ) {
    warnings.push({
      id: 'lockoutClosedForAll',
      message: 'A lockout threshold is 0: standard users may send no command that carries an authorization.',
      action: 'Set both thresholds above 0 (the defaults are 4 and 9), unless this is what you want.',
    });
  }
  return warnings;
}

function policyProblemWarning(policy: EffectivePolicy): readonly Warning[] {
  if (policy.problems.length === 0) return [];
  return [
    {
      id: 'policyProblems',
      message: `Policy has ${policy.problems.length} problem(s); the first: ${policy.problems[0]?.message} (${policy.problems[0]?.source.location}).`,
      action: 'Get-TbsPolicy -Problem lists them all.',
    },
  ];
}

function auditWarning(lostAuditLines: number): readonly Warning[] {
  if (lostAuditLines === 0) return [];
  return [
    {
      id: 'auditLinesLost',
      message: `The broker was unable to write ${lostAuditLines} audit lines since it started.`,
      action: 'Free space where the audit log is, or move it (audit.path).',
    },
  ];
}

function disabledActionWarnings(actions: WarningFacts['disabledActions']): readonly Warning[] {
  if (actions.length === 0) return [];
  const names = actions.join(', ');
  return [
    {
      // Everybody may read the status, so it does not contain what a script reported.
      id: 'eventActionDisabled',
      message:
        actions.length === 1 ? `Event action ${names} is disabled.` : `These event actions are disabled: ${names}.`,
      action:
        'Get-TbsEventAction says why. Mend the script, try it with Test-TbsEventAction, and register it again with Register-TbsEventAction.',
    },
  ];
}
