/** Reads the owner's SID from an object's security descriptor; the control requests only that part of it. */
import { Control } from 'ldapts';

/** LDAP_SERVER_SD_FLAGS_OID with OWNER_SECURITY_INFORMATION (MS-ADTS 3.1.1.3.4.1.11). */
export class OwnerOnlyControl extends Control {
  constructor() {
    super('1.2.840.113556.1.4.801', { critical: true });
  }

  override writeControl(writer: Parameters<Control['write']>[0]): void {
    const sequenceOfOne = Buffer.from([0x30, 0x03, 0x02, 0x01, 0x01]);
    writer.writeBuffer(sequenceOfOne, 0x04);
  }
}

const OWNER_OFFSET_AT = 4;
const SID_HEADER_BYTES = 8;

/** Returns the owner in a self-relative security descriptor (MS-DTYP 2.4.6); undefined if it has no complete one. */
export function ownerSid(descriptor: Buffer): Buffer | undefined {
  if (descriptor.length < OWNER_OFFSET_AT + 4) return undefined;
  const start = descriptor.readUInt32LE(OWNER_OFFSET_AT);
  const authorities = descriptor[start + 1];
  if (start === 0 || authorities === undefined) return undefined;
  const end = start + SID_HEADER_BYTES + 4 * authorities;
  return end <= descriptor.length ? descriptor.subarray(start, end) : undefined;
}
