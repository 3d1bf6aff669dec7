/**
 * Describes a response code in words: its name, the handle, session or parameter it concerns, and the layer that
 * returned it.
 */
import { TPM_NON_FATAL, TPM_RESULT, TPM_VENDOR_ERROR } from '../tpm12/codes.js';
import { RESULT_TEXTS } from '../tpm12/response-texts.js';
import { RC_BIT } from '../tpm20/codes.js';
import { RESPONSE_TEXTS } from '../tpm20/response-texts.js';
import { type CodeSubject, errorOf, OBJECT_QUOTA, SESSION_QUOTA, subjectOf } from '../tpm20/responses.js';
import type { TpmVersion } from './tpm-version.js';

export interface ResponseCodeDescription {
  readonly code: number;
  /** `TPM_RC_AUTH_FAIL`, `TPM_AUTHFAIL`; a code without a name is shown as a number: `0x5FF`. */
  readonly name: string;
  /** One or two sentences. */
  readonly text: string;
  /** What a TPM 2.0 error is about. */
  readonly subject: CodeSubject | undefined;
  /**
   * The layer that returned it: `TPM`, `resource manager` (the broker, or another), or a layer of the TPM software
   * stack.
   */
  readonly layer: string;
  /** Whether sending the same command again may succeed. */
  readonly isWarning: boolean;
}

/** TSS2 layers, bits 16 to 23: TCG TSS 2.0 Overview, 3.3 "Response codes". */
const LAYERS: ReadonlyMap<number, string> = new Map([
  [0, 'TPM'],
  [6, 'feature API'],
  [7, 'enhanced system API'],
  [8, 'system API'],
  [9, 'marshalling'],
  [10, 'TCTI'],
  [11, 'resource manager'],
  [12, 'resource manager'],
]);
/** Layers whose low 16 bits are a TPM code: the TPM, and a resource manager that answers in its place. */
const LAYERS_WITH_TPM_CODES: ReadonlySet<number> = new Set([0, 12]);

/** What the broker alone answers: the limits that decide, and which of them an administrator can raise. */
const BROKER_LIMITS: ReadonlyMap<number, string> = new Map([
  [
    OBJECT_QUOTA,
    "The caller holds too many objects: the limit of one context (maxResources of policy, sessions included) or of one user's contexts together (fixed) is reached.",
  ],
  [
    SESSION_QUOTA,
    "The caller holds too many sessions: the limit of one context (maxResources of policy, and 16 loaded ones), or the user's share of the TPM's sessions, is reached.",
  ],
]);

/** Describes any 32-bit response code; never throws. */
export function describeResponseCode(version: TpmVersion, code: number): ResponseCodeDescription {
  return version === '2.0' ? describeTpm20(code) : describeTpm12(code);
}

function describeTpm20(code: number): ResponseCodeDescription {
  const layerNumber = (code >>> 16) & 0xff;
  const layer = LAYERS.get(layerNumber) ?? `layer ${layerNumber}`;
  const low = code & 0xffff;
  if (!LAYERS_WITH_TPM_CODES.has(layerNumber) || low > 0xfff || code >>> 24 !== 0) {
    return unnamed(code, layer, `The layer ${layer} reports its own error 0x${low.toString(16)}.`);
  }
  return (low & RC_BIT.FORMAT_ONE) !== 0 ? describeFormatOne(code, low, layer) : describeFormatZero(code, low, layer);
}

function describeFormatOne(code: number, low: number, layer: string): ResponseCodeDescription {
  const known = RESPONSE_TEXTS.get(errorOf(low));
  const subject = subjectOf(low);
  if (known === undefined) return { ...unnamed(code, layer, 'A TPM error without a name.'), subject };
  const about = subject.number === 0 ? '' : ` It is about ${subject.kind} ${subject.number}.`;
  return { code, name: known.name, text: `${known.text}${about}`, subject, layer, isWarning: false };
}

function describeFormatZero(code: number, low: number, layer: string): ResponseCodeDescription {
  const isWarning = (low & RC_BIT.WARNING) !== 0;
  const known = RESPONSE_TEXTS.get(low);
  if (known !== undefined) {
    const text = BROKER_LIMITS.get(code) ?? known.text;
    return { code, name: known.name, text, subject: undefined, layer, isWarning };
  }
  const text = (low & RC_BIT.VENDOR) !== 0 ? "An error of the TPM's vendor." : 'A TPM error without a name.';
  return { ...unnamed(code, layer, text), isWarning };
}

function describeTpm12(code: number): ResponseCodeDescription {
  const known = RESULT_TEXTS.get(code);
  const isWarning = code >= TPM_NON_FATAL && code < 2 * TPM_NON_FATAL;
  const isBrokers = code >= TPM_RESULT.E_COMMAND_BLOCKED && code <= TPM_RESULT.E_EMBEDDED_COMMAND_UNSUPPORTED;
  const layer = isBrokers ? 'resource manager' : 'TPM';
  if (known !== undefined) return { code, name: known.name, text: known.text, subject: undefined, layer, isWarning };
  const isVendors = code >= TPM_VENDOR_ERROR && code < TPM_NON_FATAL;
  const text = isVendors ? "An error of the TPM's vendor." : 'A TPM error without a name.';
  return { ...unnamed(code, layer, text), isWarning };
}

function unnamed(code: number, layer: string, text: string): ResponseCodeDescription {
  const name = `0x${code.toString(16).toUpperCase().padStart(3, '0')}`;
  return { code, name, text, subject: undefined, layer, isWarning: false };
}
