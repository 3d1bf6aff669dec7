/** The scripts of event actions. */

export type ScriptRead =
  | { readonly ok: true; readonly bytes: Uint8Array /** Lower-case hexadecimal. */; readonly sha256: string }
  | { readonly ok: false; readonly reason: string };

export interface ActionScripts {
  /** Reads a script that only root can change. The hash is that of the bytes that were read. */
  read(path: string): ScriptRead;
}
