/** Types of values in parameters and results. `describe` at each use gives the meaning. */
import * as z from 'zod';
import { CALLER_CLASSES } from '../../../domain/caller.js';
import { TPM_VERSIONS } from '../../../domain/tpm/tpm-version.js';

export const uint32 = z.number().int().min(0).max(0xffffffff);

/** How many of something there are. */
export const count = z.number().int().min(0);

/** May have a fraction. */
export const milliseconds = z.number().min(0);

/** UTC, ISO 8601 with milliseconds: `2026-02-03T04:05:06.789Z`. */
export const utcTime = z.iso.datetime();

export const base64Bytes = z.base64();

/** Lower case, two digits for each byte. */
export const hexBytes = z.string().regex(/^(?:[0-9a-f]{2})*$/);

export const tpmVersion = z.enum(TPM_VERSIONS);

export const callerClass = z.enum(CALLER_CLASSES);

/** A TPM 1.2 ordinal or a TPM 2.0 command code. */
export const commandCode = uint32;

export const contextId = z.number().int().min(1).max(0xffffffff);

export const commandReference = z
  .union([commandCode, z.string().min(1).max(80)])
  .describe(
    'A command: its code, or its name in any of the forms TPM2_GetRandom, TPM_CC_GetRandom, GetRandom, 0x17B, 379.',
  );

/** `uid:1000`, or `sid:S-1-5-…` on Windows. */
export const userKey = z.string();
