/** Response codes (TPM_RC) of TPM 2.0: TCG TPM 2.0 Library, Part 2, 6.6. The words are ours. */
export interface CodeText {
  readonly name: string;
  readonly text: string;
}

/** Format zero (bit 7 clear), without the layer. */
export const TPM20_FORMAT_ZERO: ReadonlyMap<number, CodeText> = tableOf([
  [0x000, 'TPM_RC_SUCCESS', 'The command succeeded.'],
  [0x01e, 'TPM_RC_BAD_TAG', 'The command has no tag of TPM 2.0.'],
  [0x100, 'TPM_RC_INITIALIZE', 'The TPM is not started yet, or it is started already.'],
  [0x101, 'TPM_RC_FAILURE', 'The TPM is in failure mode and takes no commands.'],
  [0x103, 'TPM_RC_SEQUENCE', 'A sequence handle is used wrongly.'],
  [0x10b, 'TPM_RC_PRIVATE', 'Not in use.'],
  [0x119, 'TPM_RC_HMAC', 'Not in use.'],
  [0x120, 'TPM_RC_DISABLED', 'The command is disabled.'],
  [0x121, 'TPM_RC_EXCLUSIVE', 'An audit session that wanted to be exclusive no longer is.'],
  [0x124, 'TPM_RC_AUTH_TYPE', 'This kind of authorization does not fit the handle or the command.'],
  [0x125, 'TPM_RC_AUTH_MISSING', 'A handle needs an authorization and the command has none for it.'],
  [0x126, 'TPM_RC_POLICY', 'The policy is not valid, or its comparison failed.'],
  [0x127, 'TPM_RC_PCR', 'The PCRs do not have the values that are needed.'],
  [0x128, 'TPM_RC_PCR_CHANGED', 'A PCR changed after the policy checked it.'],
  [0x12d, 'TPM_RC_UPGRADE', 'The TPM is in field upgrade mode, or for TPM2_FieldUpgradeData is not.'],
  [0x12e, 'TPM_RC_TOO_MANY_CONTEXTS', 'The counter of saved contexts is at its end.'],
  [0x12f, 'TPM_RC_AUTH_UNAVAILABLE', 'The authorization value or policy of the entity cannot be used.'],
  [0x130, 'TPM_RC_REBOOT', 'The TPM must be reset before it can go on.'],
  [0x131, 'TPM_RC_UNBALANCED', 'The digest is too small for the symmetric key that it protects.'],
  [0x142, 'TPM_RC_COMMAND_SIZE', "The size field does not say the command's size."],
  [0x143, 'TPM_RC_COMMAND_CODE', 'The command is not supported.'],
  [0x144, 'TPM_RC_AUTHSIZE', 'The size of the authorization area is wrong.'],
  [0x145, 'TPM_RC_AUTH_CONTEXT', 'This command takes no authorization sessions.'],
  [0x146, 'TPM_RC_NV_RANGE', 'Offset and size reach beyond the NV index.'],
  [0x147, 'TPM_RC_NV_SIZE', 'The NV index would be larger than is allowed.'],
  [0x148, 'TPM_RC_NV_LOCKED', 'The NV index is locked.'],
  [0x149, 'TPM_RC_NV_AUTHORIZATION', 'The NV index does not allow this kind of access; this is no wrong guess.'],
  [0x14a, 'TPM_RC_NV_UNINITIALIZED', 'The NV index was never written, or the saved state is gone.'],
  [0x14b, 'TPM_RC_NV_SPACE', 'There is no more room in NV.'],
  [0x14c, 'TPM_RC_NV_DEFINED', 'The NV index or persistent handle is in use already.'],
  [0x150, 'TPM_RC_BAD_CONTEXT', 'The saved context is not valid.'],
  [0x151, 'TPM_RC_CPHASH', 'The policy is bound to other parameters, or is bound already.'],
  [0x152, 'TPM_RC_PARENT', 'The handle is no valid parent.'],
  [0x153, 'TPM_RC_NEEDS_TEST', 'A function has to be tested first.'],
  [0x154, 'TPM_RC_NO_RESULT', 'An internal function gave no result.'],
  [0x155, 'TPM_RC_SENSITIVE', 'The private part of an object could not be read after decryption.'],
  [0x901, 'TPM_RC_CONTEXT_GAP', 'A saved session is too old; save the oldest sessions again.'],
  [0x902, 'TPM_RC_OBJECT_MEMORY', 'There is no room for another object; flush one.'],
  [0x903, 'TPM_RC_SESSION_MEMORY', 'There is no room for another session; flush or save one.'],
  [0x904, 'TPM_RC_MEMORY', 'There is no room for the operation; flush something.'],
  [0x905, 'TPM_RC_SESSION_HANDLES', 'All session handles are taken; flush a session.'],
  [0x906, 'TPM_RC_OBJECT_HANDLES', 'All object handles are taken; a reboot is needed.'],
  [0x907, 'TPM_RC_LOCALITY', 'The command may not be sent from this locality.'],
  [0x908, 'TPM_RC_YIELDED', 'The TPM interrupted the command; send it again.'],
  [0x909, 'TPM_RC_CANCELED', 'The command was cancelled.'],
  [0x90a, 'TPM_RC_TESTING', 'The TPM is testing itself; try again.'],
  ...references('H', 0x910, 'handle'),
  ...references('S', 0x918, 'session'),
  [0x920, 'TPM_RC_NV_RATE', 'The TPM slows writing down to spare its NV; try again later.'],
  [0x921, 'TPM_RC_LOCKOUT', 'The TPM is locked out after too many wrong authorizations.'],
  [0x922, 'TPM_RC_RETRY', 'The TPM could not start the command; send it again.'],
  [0x923, 'TPM_RC_NV_UNAVAILABLE', 'NV cannot be written now.'],
]);

/** Format one (bit 7 set): an error about a handle, a session or a parameter, without its number. */
export const TPM20_FORMAT_ONE: ReadonlyMap<number, CodeText> = tableOf([
  [0x081, 'TPM_RC_ASYMMETRIC', 'The asymmetric algorithm is not supported or not right here.'],
  [0x082, 'TPM_RC_ATTRIBUTES', 'The attributes do not fit together or do not allow this.'],
  [0x083, 'TPM_RC_HASH', 'The hash algorithm is not supported or not right here.'],
  [0x084, 'TPM_RC_VALUE', 'The value is out of range or not right here.'],
  [0x085, 'TPM_RC_HIERARCHY', 'The hierarchy is disabled or not right here.'],
  [0x087, 'TPM_RC_KEY_SIZE', 'The key size is not supported.'],
  [0x088, 'TPM_RC_MGF', 'The mask generation function is not supported.'],
  [0x089, 'TPM_RC_MODE', 'The mode is not supported.'],
  [0x08a, 'TPM_RC_TYPE', 'The type is not right here.'],
  [0x08b, 'TPM_RC_HANDLE', 'The handle is not right here.'],
  [0x08c, 'TPM_RC_KDF', 'The key derivation function is not supported or not right here.'],
  [0x08d, 'TPM_RC_RANGE', 'The value is outside of its range.'],
  [0x08e, 'TPM_RC_AUTH_FAIL', 'The authorization is wrong, and the TPM counted the failure.'],
  [0x08f, 'TPM_RC_NONCE', 'The nonce is wrong.'],
  [0x090, 'TPM_RC_PP', 'Physical presence is needed.'],
  [0x092, 'TPM_RC_SCHEME', 'The scheme is not supported or does not fit.'],
  [0x095, 'TPM_RC_SIZE', 'The structure has the wrong size.'],
  [0x096, 'TPM_RC_SYMMETRIC', 'The symmetric algorithm is not supported or not right here.'],
  [0x097, 'TPM_RC_TAG', "The structure's tag is wrong."],
  [0x098, 'TPM_RC_SELECTOR', "The union's selector is wrong."],
  [0x09a, 'TPM_RC_INSUFFICIENT', 'The command ends before the value does.'],
  [0x09b, 'TPM_RC_SIGNATURE', 'The signature is not valid.'],
  [0x09c, 'TPM_RC_KEY', 'The key cannot be used for this.'],
  [0x09d, 'TPM_RC_POLICY_FAIL', 'The policy is not fulfilled.'],
  [0x09f, 'TPM_RC_INTEGRITY', 'The integrity check failed.'],
  [0x0a0, 'TPM_RC_TICKET', 'The ticket is not valid.'],
  [0x0a1, 'TPM_RC_RESERVED_BITS', 'A reserved bit is set.'],
  [0x0a2, 'TPM_RC_BAD_AUTH', 'The authorization is wrong; the TPM does not count it.'],
  [0x0a3, 'TPM_RC_EXPIRED', 'The policy has expired.'],
  [0x0a4, 'TPM_RC_POLICY_CC', 'The policy is for another command.'],
  [0x0a5, 'TPM_RC_BINDING', 'Public and private part do not belong together.'],
  [0x0a6, 'TPM_RC_CURVE', 'The curve is not supported.'],
  [0x0a7, 'TPM_RC_ECC_POINT', 'The point is not on the curve.'],
]);

type Row = readonly [code: number, name: string, text: string];

function tableOf(rows: readonly Row[]): ReadonlyMap<number, CodeText> {
  return new Map(rows.map(([code, name, text]) => [code, { name, text }]));
}

/** TPM_RC_REFERENCE_H0 to H6 and S0 to S6. */
function references(letter: 'H' | 'S', firstCode: number, what: string): readonly Row[] {
  return [0, 1, 2, 3, 4, 5, 6].map(
    (index): Row => [
      firstCode + index,
      `TPM_RC_REFERENCE_${letter}${index}`,
      `${what === 'handle' ? 'Handle' : 'Session'} ${index + 1} names something that is not loaded.`,
    ],
  );
}
