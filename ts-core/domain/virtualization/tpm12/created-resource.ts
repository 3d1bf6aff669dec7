/** What a successful command made, read from the command and the response that its caller was to get. */
import { HEADER_BYTES } from '../../tpm/command-header.js';
import { TPM_ORD_ExecuteTransport, TPM_ORD_LoadAuthContext, TPM_ORD_LoadContext } from '../../tpm12/ordinal-codes.js';
import { type CreatedKind, createdKind, ordinalOf } from './command-shape.js';
import { wrappedCommand, wrappedResponse } from './execute-transport.js';
import { firstHandle, readContextBlob } from './management-commands.js';
import { kindOfResourceType } from './special-command.js';

export interface CreatedResource {
  readonly kind: CreatedKind;
  readonly virtualHandle: number;
}

export function createdResource(command: Uint8Array, response: Uint8Array): CreatedResource | undefined {
  if (ordinalOf(command) === TPM_ORD_ExecuteTransport) {
    const inner = wrappedCommand(command);
    const innerResponse = wrappedResponse(response);
    return inner === undefined || innerResponse === undefined ? undefined : createdResource(inner, innerResponse);
  }
  const kind = kindMadeBy(command);
  const virtualHandle = firstHandle(response);
  return kind === undefined || virtualHandle === undefined ? undefined : { kind, virtualHandle };
}

function kindMadeBy(command: Uint8Array): CreatedKind | undefined {
  const ordinal = ordinalOf(command);
  if (ordinal === TPM_ORD_LoadAuthContext) return 'authSession';
  if (ordinal !== TPM_ORD_LoadContext) return createdKind(ordinal);
  const blob = readContextBlob(command.subarray(HEADER_BYTES + 9));
  return blob === undefined ? undefined : kindOfResourceType(blob.resourceType);
}
