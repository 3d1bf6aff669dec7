import { z } from 'zod';
import type { CallerClass } from '../../../domain/caller.js';
import type { TpmVersion } from '../../../domain/tpm/tpm-version.js';
import { callerClass, commandReference, method, tpmVersion } from './method.js';

/** What one list says about a command. */
export interface ListStatement {
  readonly list: 'policy' | 'default' | 'local' | 'notAllowed';
  readonly effect: 'blocks' | 'allows';
  /** False when policy switches the list off. */
  readonly inForce: boolean;
  /** Where the list comes from: shipped, a policy file's path, local. */
  readonly source: string;
  readonly reason: string;
}

export interface ClassVerdict {
  readonly callerClass: CallerClass;
  readonly allowed: boolean;
  /** The list that decided; null when nothing blocks it (TPM 1.2). */
  readonly decidingList: ListStatement['list'] | 'handleRule' | 'embedded' | null;
  readonly reason: string;
  readonly source: string | null;
  /** What would lift a block, in words with the cmdlet to use; null when allowed, or when nothing lifts it. */
  readonly liftedBy: string | null;
  /** A limit on the handles with which this class may send it; null when there is none. */
  readonly condition: string | null;
  readonly statements: readonly ListStatement[];
}

export interface CommandBlockEntry {
  readonly tpmVersion: TpmVersion;
  readonly code: number;
  /** `TPM2_GetRandom`, `TPM_GetRandom`; null for a code that is only on a list. */
  readonly name: string | null;
  readonly verdicts: readonly ClassVerdict[];
}

export const commandBlockList = method<{ readonly commands: readonly CommandBlockEntry[] }>()(
  'commandBlock/list',
  z
    .strictObject({
      /** The version of the TPM unless set. */
      tpmVersion: tpmVersion.optional(),
      command: commandReference.optional(),
    })
    .optional(),
);

/** Why is it blocked, and what would unblock it; for the caller's own class unless set. */
export const commandBlockTest = method<CommandBlockEntry>()(
  'commandBlock/test',
  z.strictObject({
    command: commandReference,
    tpmVersion: tpmVersion.optional(),
    callerClass: callerClass.optional(),
    /** Handles of the command, where a rule names handles. */
    handles: z.array(z.number().int().min(0).max(0xffffffff)).max(7).optional(),
  }),
);

const listChange = z.strictObject({
  commands: z.array(commandReference).min(1).max(512),
  tpmVersion: tpmVersion.optional(),
});

export interface ListChanged {
  /** Codes whose state the call changed; the others were so already. */
  readonly changed: readonly number[];
  readonly unchanged: readonly number[];
  /** The commands after the change. */
  readonly commands: readonly CommandBlockEntry[];
}

/** The local blocked list. Administrators only. */
export const commandBlockAdd = method<ListChanged>()('commandBlock/add', listChange);
export const commandBlockRemove = method<ListChanged>()('commandBlock/remove', listChange);

const grantChange = z.strictObject({ commands: z.array(commandReference).min(1).max(512), callerClass });

/** The local grants of a class: they open commands of TPM 2.0 and lift default blocks of TPM 1.2. Administrators only. */
export const commandGrantAdd = method<ListChanged>()('commandGrant/add', grantChange);
export const commandGrantRemove = method<ListChanged>()('commandGrant/remove', grantChange);
