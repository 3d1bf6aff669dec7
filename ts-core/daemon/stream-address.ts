export type StreamAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** Parses `unix:/path` or `tcp:HOST:PORT`, which the configuration's schema has already validated. */
export function parseStreamAddress(text: string): StreamAddress {
  if (text.startsWith('unix:')) return { path: text.slice('unix:'.length) };
  const end = text.lastIndexOf(':');
  return { host: text.slice('tcp:'.length, end).replace(/^\[|\]$/g, ''), port: Number(text.slice(end + 1)) };
}
