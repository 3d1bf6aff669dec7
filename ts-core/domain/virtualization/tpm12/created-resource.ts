/** What a successful command made, read from the command and the response that its caller was to get. */
import { HEADER_BYTES } from '../../tpm/command-header.js';
import { TPM_ORD } from '../../tpm12/codes.js';
import { firstHandle } from '../../tpm12/responses.js';
import { readContextBlob } from '../../tpm12/structures.js';
import { wrappedCommandOf, wrappedResponseOf } from '../../tpm12/transport.js';
import { type CreatedKind, createdKind, ordinalOf } from './command-shape.js';
import { kindOfResourceType } from './special-command.js';

export interface CreatedResource {
  readonly kind: CreatedKind;
  readonly virtualHandle: number;
}

export function createdResource(command: Uint8Array, response: Uint8Array): CreatedResource | undefined {
  if (ordinalOf(command) === TPM_ORD.ExecuteTransport) {
    const inner = wrappedCommandOf(command);
    const innerResponse = wrappedResponseOf(response);
    return inner === undefined || innerResponse === undefined ? undefined : createdResource(inner, innerResponse);
  }
  const kind = kindMadeBy(command);
  const virtualHandle = firstHandle(response);
  return kind === undefined || virtualHandle === undefined ? undefined : { kind, virtualHandle };
}

function kindMadeBy(command: Uint8Array): CreatedKind | undefined {
  const ordinal = ordinalOf(command);
  if (ordinal === TPM_ORD.LoadAuthContext) return 'authSession';
  if (ordinal !== TPM_ORD.LoadContext) return createdKind(ordinal);
  const blob = readContextBlob(command.subarray(HEADER_BYTES + 9));
  return blob === undefined ? undefined : kindOfResourceType(blob.resourceType);
}
