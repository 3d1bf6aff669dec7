/** Capabilities as the TPM tells them, page by page until there is no more. TPM 2.0 Library Part 3, 30.2. */
import { TbsError } from '../../tbs-error.js';
import { HEADER_BYTES, readUint32, responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import { handleType, TPM_CAP, TPM_PT, TPM_RC } from '../../tpm20/codes.js';
import { getCapability } from '../../tpm20/commands.js';

const PAGE_ITEMS = 254;
/** A TPM that says "more" for ever must not hold the broker. */
const MAX_PAGES = 64;
/** Response: moreData (1), capability (4), count (4), items. */
const ITEMS_OFFSET = HEADER_BYTES + 9;

interface CapabilityPage {
  readonly items: readonly number[];
  readonly values: readonly number[];
  readonly moreData: boolean;
}

function decodePage(response: Uint8Array, wordsPerItem: number): CapabilityPage {
  const items: number[] = [];
  const values: number[] = [];
  const count = readUint32(response, HEADER_BYTES + 5);
  for (let index = 0; index < count; index++) {
    const offset = ITEMS_OFFSET + index * 4 * wordsPerItem;
    if (offset + 4 * wordsPerItem > response.length) break;
    items.push(readUint32(response, offset));
    if (wordsPerItem > 1) values.push(readUint32(response, offset + 4));
  }
  return { items, values, moreData: response[HEADER_BYTES] !== 0 };
}

/** The TPM refused a query without which nothing can be virtualized. */
export class CapabilityRefused extends TbsError {
  constructor(
    capability: number,
    readonly responseCode: number,
  ) {
    super('TBS_E_IOERROR', {
      message: `The TPM answers 0x${responseCode.toString(16)} when asked for capability ${capability}.`,
      details: { capability, responseCode },
    });
  }
}

function* pages(
  capability: number,
  first: number,
  wordsPerItem: number,
  next: (lastItem: number) => number,
  accept: (item: number, value: number) => boolean,
): Exchange<void> {
  let property = first;
  for (let page = 0; page < MAX_PAGES; page++) {
    const response = yield getCapability(capability, property, PAGE_ITEMS);
    const code = responseCodeOf(response);
    if (code !== TPM_RC.SUCCESS) throw new CapabilityRefused(capability, code);
    const { items, values, moreData } = decodePage(response, wordsPerItem);
    for (let index = 0; index < items.length; index++) {
      if (!accept(items[index] as number, values[index] ?? 0)) return;
    }
    if (!moreData || items.length === 0) return;
    property = next(items[items.length - 1] as number);
  }
}

/** TPMA_CC of every command that the TPM has. */
export function* listCommands(): Exchange<readonly number[]> {
  const attributes: number[] = [];
  const seen = new Set<number>();
  // The property is a command code: index and vendor bit of TPMA_CC.
  const nextCode = (last: number) => ((last & 0x2000ffff) + 1) >>> 0;
  yield* pages(TPM_CAP.COMMANDS, 0, 1, nextCode, (item) => {
    if (seen.has(item)) return false;
    seen.add(item);
    attributes.push(item);
    return true;
  });
  return attributes;
}

/** Every handle that the TPM lists from `first` on. Listing from 0x03000000 gives saved sessions, as 0x02 handles. */
export function* listHandles(first: number): Exchange<readonly number[]> {
  const handles: number[] = [];
  const sessions = first < 0x40000000;
  // Saved sessions are shown under another type than they are asked for, so the next page is asked for by number.
  const nextHandle = (last: number) => ((first & 0xff000000) | ((last & 0xffffff) + 1)) >>> 0;
  yield* pages(TPM_CAP.HANDLES, first, 1, nextHandle, (handle) => {
    if (!sessions && handleType(handle) !== handleType(first)) return false;
    handles.push(handle);
    return true;
  });
  return handles;
}

/** The fixed and the variable properties by number. */
export function* listProperties(): Exchange<ReadonlyMap<number, number>> {
  const properties = new Map<number, number>();
  for (const group of [TPM_PT.FIXED, TPM_PT.VAR]) {
    yield* pages(
      TPM_CAP.TPM_PROPERTIES,
      group,
      2,
      (last) => last + 1,
      (property, value) => {
        if (property < group || property >= group + 0x100) return false;
        properties.set(property, value);
        return true;
      },
    );
  }
  return properties;
}
