/**
 * Replaces a file atomically: at any moment, even after a power cut, the file has its whole old or whole new content.
 */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Throws the file system's error; the old content then stays, even if only syncing the folder failed. */
export async function replaceFile(
  path: string,
  content: Uint8Array | string,
  mode: number,
  syncFolder: (folder: string) => Promise<void> = syncFolderEntries,
): Promise<void> {
  const folder = dirname(path);
  // The name must not end like a policy file's, or a temporary file left by a crash would be read as policy.
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  const exclusive = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);
  try {
    const handle = await open(temporary, exclusive, mode);
    try {
      await handle.writeFile(content);
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await renameDurably(temporary, path, syncFolder);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Keeps the old file under a second name until the new content is durable, so that a failed change can be undone. */
async function renameDurably(
  temporary: string,
  path: string,
  syncFolder: (folder: string) => Promise<void>,
): Promise<void> {
  const previous = `${temporary}.previous`;
  const existed = await link(path, previous).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
  await rename(temporary, path);
  try {
    await syncFolder(dirname(path));
  } catch (error) {
    await (existed ? rename(previous, path) : rm(path, { force: true }));
    throw error;
  }
  if (existed) await rm(previous, { force: true });
}

export async function removeFile(path: string): Promise<void> {
  await rm(path, { force: true });
  await syncFolderEntries(dirname(path));
}

export async function makeFolder(folder: string, mode: number): Promise<void> {
  await mkdir(folder, { recursive: true, mode });
}

/** Makes a rename durable by syncing its folder. Windows has no such call and needs none. */
async function syncFolderEntries(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
