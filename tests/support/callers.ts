/** The callers of the tests: two ordinary users, a program in a sandbox, and an administrator. */
import type { Caller } from '../../ts-core/domain/caller.js';

export const ALICE: Caller = { userKey: 'uid:1000', callerClass: 'standardUser', processId: 4711 };
export const BOB: Caller = { userKey: 'uid:1001', callerClass: 'standardUser', processId: 4712 };
/** A sandboxed program of Alice's. */
export const ALICES_SANDBOX: Caller = { userKey: 'uid:1000', callerClass: 'sandboxedApp', processId: 4713 };
export const ROOT: Caller = { userKey: 'uid:0', callerClass: 'administrator', processId: 1 };
