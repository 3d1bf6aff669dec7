/**
 * The input and output of Tbsi_Physical_Presence_Command: Arg2 and Arg3 of the ACPI method _DSM, and what it returns.
 *
 * TCG PC Client Physical Presence Interface 1.3, 2.1; Tbs.h says that the buffer holds Arg2 and Arg3.
 */
export const PpiFunction = {
  GET_VERSION: 1,
  SUBMIT_REQUEST: 2,
  GET_PENDING: 3,
  GET_TRANSITION: 4,
  GET_RESPONSE: 5,
  SUBMIT_REQUEST_2: 7,
  GET_CONFIRMATION: 8,
} as const;

export const PpiSubmitResult = { SUCCESS: 0, NOT_IMPLEMENTED: 1 } as const;

const MAX_WORDS = 8;

/** Returns the input's words; empty if the bytes are not a small number of whole words. */
export function wordsOf(input: Uint8Array): readonly number[] {
  if (input.length % 4 !== 0 || input.length > 4 * MAX_WORDS) return [];
  const view = new DataView(input.buffer, input.byteOffset, input.byteLength);
  return Array.from({ length: input.length / 4 }, (_, index) => view.getUint32(4 * index, true));
}

export function encodeWords(...words: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * words.length));
  words.forEach((word, index) => {
    view.setUint32(4 * index, word, true);
  });
  return new Uint8Array(view.buffer);
}

/** Encodes ASCII with a terminating zero, as ACPI strings are. */
export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}
