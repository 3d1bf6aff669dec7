/**
 * Commands that the broker sends for itself: which commands, properties and handles the TPM has, and how often it was
 * reset. Capabilities are read page by page until there is no more. TPM 2.0 Library Part 3, 29.1 and 30.2.
 */
import { TbsError } from '../../tbs-error.js';
import { HEADER_BYTES, readUint32, responseCodeOf } from '../../tpm/command-header.js';
import type { Exchange } from '../../tpm/exchange.js';
import {
  ACTIVE_SESSION_FIRST,
  HR_RANGE_MASK,
  handleNumber,
  handleType,
  isSessionHandle,
  LOADED_SESSION_FIRST,
  TPM_CAP,
  TPM_PT,
  TPM_PT_GROUP_SIZE,
  TPM_RC,
  TPMA_CC,
  TRANSIENT_FIRST,
} from '../../tpm20/codes.js';
import { getCapability } from '../../tpm20/commands.js';
import { readRunTime } from '../../tpm20/run-time.js';
import { type CommandAttributes, decodeCommandAttributes } from '../../tpm20/structures.js';

const PAGE_ITEMS = 254;
/** Bounds a TPM that always reports "more data", so that it cannot block the broker. */
const MAX_PAGES = 64;
/** Response: moreData (1), capability (4), count (4), items. */
const ITEMS_OFFSET = HEADER_BYTES + 9;

/** The TPM rejected a query without which nothing can be virtualized. */
export class CapabilityRejected extends TbsError {
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

/** Lists every command that the TPM has. */
export function* listCommands(): Exchange<readonly CommandAttributes[]> {
  const commands = new Map<number, CommandAttributes>();
  // The property is a command code: index and vendor bit of TPMA_CC.
  const nextCode = (last: number) => ((last & TPMA_CC.COMMAND) + 1) >>> 0;
  yield* pages(TPM_CAP.COMMANDS, 0, 1, nextCode, (item) => {
    if (commands.has(item)) return false;
    commands.set(item, decodeCommandAttributes(item));
    return true;
  });
  return [...commands.values()];
}

/** Lists the fixed and the variable properties by number. */
export function* listProperties(): Exchange<ReadonlyMap<number, number>> {
  const properties = new Map<number, number>();
  for (const group of [TPM_PT.FIXED, TPM_PT.VAR]) {
    yield* pages(
      TPM_CAP.TPM_PROPERTIES,
      group,
      2,
      (last) => last + 1,
      (property, value) => {
        if (property < group || property >= group + TPM_PT_GROUP_SIZE) return false;
        properties.set(property, value);
        return true;
      },
    );
  }
  return properties;
}

/** The handles in the TPM that can be swapped. */
export interface ListedHandles {
  readonly transient: ReadonlySet<number>;
  /** From the number of a session, its low 24 bits, to the handle as listed. */
  readonly loadedSessions: ReadonlyMap<number, number>;
  readonly savedSessions: ReadonlyMap<number, number>;
}

export function* listAllHandles(): Exchange<ListedHandles> {
  const byNumber = (handles: readonly number[]) => new Map(handles.map((handle) => [handleNumber(handle), handle]));
  return {
    transient: new Set(yield* listHandles(TRANSIENT_FIRST)),
    loadedSessions: byNumber(yield* listHandles(LOADED_SESSION_FIRST)),
    savedSessions: byNumber(yield* listHandles(ACTIVE_SESSION_FIRST)),
  };
}

/** Lists every handle of the TPM from `first` on. Listing from 0x03000000 gives saved sessions, as 0x02 handles. */
export function* listHandles(first: number): Exchange<readonly number[]> {
  const handles: number[] = [];
  // Saved sessions are listed under another type than the one requested, so the next page is requested by number.
  const nextHandle = (last: number) => ((first & HR_RANGE_MASK) | (handleNumber(last) + 1)) >>> 0;
  yield* pages(TPM_CAP.HANDLES, first, 1, nextHandle, (handle) => {
    if (!isSessionHandle(first) && handleType(handle) !== handleType(first)) return false;
    handles.push(handle);
    return true;
  });
  return handles;
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
    if (code !== TPM_RC.SUCCESS) throw new CapabilityRejected(capability, code);
    const { items, moreData } = decodePage(response, wordsPerItem);
    for (const [item, value] of items) if (!accept(item, value)) return;
    const last = items.at(-1);
    if (!moreData || !last) return;
    property = next(last[0]);
  }
}

interface CapabilityPage {
  /** The first word of each item and its last one, which is the same for items of one word. */
  readonly items: readonly (readonly [number, number])[];
  readonly moreData: boolean;
}

function decodePage(response: Uint8Array, wordsPerItem: number): CapabilityPage {
  const items: (readonly [number, number])[] = [];
  const count = readUint32(response, HEADER_BYTES + 5);
  const itemBytes = 4 * wordsPerItem;
  for (let offset = ITEMS_OFFSET; items.length < count && offset + itemBytes <= response.length; offset += itemBytes) {
    items.push([readUint32(response, offset), readUint32(response, offset + itemBytes - 4)]);
  }
  return { items, moreData: response[HEADER_BYTES] !== 0 };
}

/** How often the TPM was reset and restarted (TPMS_CLOCK_INFO), which tells one run of the TPM from another. */
export interface ResetCounts {
  readonly resetCount: number;
  readonly restartCount: number;
}

/** Returns undefined if the TPM does not report them. */
export function* readResetCounts(): Exchange<ResetCounts | undefined> {
  const time = yield* readRunTime();
  return time === undefined ? undefined : { resetCount: time.resetCount, restartCount: time.restartCount };
}
