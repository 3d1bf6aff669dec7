/** Encodes a Group Policy delivery for the record of last good sources, which stores only what concerns the TPM. */
import type { DeliveredGpo, GroupPolicyDelivery } from '../../domain/policy/group-policy-delivery.js';

export function encodeDelivery({ gpos }: GroupPolicyDelivery): Uint8Array {
  const text = JSON.stringify(gpos, (_name, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
  );
  return new TextEncoder().encode(text);
}

/** Decodes a recorded delivery; undefined when this version did not write it, so that no last delivery is known. */
export function decodeDelivery(bytes: Uint8Array): GroupPolicyDelivery | undefined {
  try {
    const gpos: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return Array.isArray(gpos) ? { gpos: gpos.map(recordedGpo) } : undefined;
  } catch {
    return undefined;
  }
}

type Recorded<T> = { readonly [Name in keyof T]?: unknown };

function recordedGpo(value: unknown): DeliveredGpo {
  const { gpo, entries, problems } = value as Recorded<DeliveredGpo>;
  const { guid, name, link, isEnforced } = gpo as Recorded<DeliveredGpo['gpo']>;
  return {
    gpo: {
      guid: text(guid),
      name: text(name),
      link: link === undefined ? undefined : text(link),
      isEnforced: isEnforced === true,
    },
    entries: list(entries).map(recordedEntry),
    problems: list(problems).map(text),
  };
}

function recordedEntry(value: unknown): DeliveredGpo['entries'][number] {
  const { key, valueName, type, data } = value as Recorded<DeliveredGpo['entries'][number]>;
  if (typeof type !== 'number') throw new Error('not a recorded value');
  return { key: text(key), valueName: text(valueName), type, data: new Uint8Array(Buffer.from(text(data), 'base64')) };
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Error('not text');
  return value;
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error('not a list');
  return value;
}
