/**
 * Decodes secrets in a call's parameters into bytes for the use case, and wipes the bytes when it ends. The text from
 * which they were decoded belongs to the runtime and disappears when it is garbage-collected.
 */
type Decoded<Texts> = { readonly [Name in keyof Texts]: Uint8Array | undefined };

export async function withSecrets<Texts extends Readonly<Record<string, string | undefined>>, Result>(
  texts: Texts,
  use: (secrets: Decoded<Texts>) => Promise<Result>,
): Promise<Result> {
  const secrets: Record<string, Uint8Array | undefined> = {};
  for (const [name, text] of Object.entries(texts)) {
    secrets[name] = text === undefined ? undefined : new Uint8Array(Buffer.from(text, 'base64'));
  }
  try {
    return await use(secrets as Decoded<Texts>);
  } finally {
    for (const secret of Object.values(secrets)) secret?.fill(0);
  }
}
