/** The kinds of values that settings have. */
import * as z from 'zod';

/** Linux' sockaddr_un holds 108 bytes including the final zero; Node.js truncates longer paths silently. */
const MAX_SOCKET_PATH_BYTES = 107;

export const path = z
  .string()
  .max(4096)
  .refine((text) => text.startsWith('/') || /^(?:[A-Za-z]:\\|\\\\)/.test(text), 'must be an absolute path')
  .meta({ title: 'absolute path' });

export const socketPath = z
  .string()
  .refine(
    (text) => text.startsWith('/') || text.startsWith('\\\\.\\pipe\\'),
    'must be an absolute path or \\\\.\\pipe\\NAME',
  )
  .refine(
    (text) => new TextEncoder().encode(text).length <= MAX_SOCKET_PATH_BYTES,
    `longer than the ${MAX_SOCKET_PATH_BYTES} bytes that a socket's path may have`,
  )
  .meta({ title: `absolute path of at most ${MAX_SOCKET_PATH_BYTES} bytes` });

export const stream = z
  .string()
  .refine(isStreamAddress, 'must be unix:/path or tcp:HOST:PORT, for example tcp:127.0.0.1:2321')
  .meta({ title: 'unix:/path or tcp:HOST:PORT' });

function isStreamAddress(text: string): boolean {
  if (text.startsWith('unix:/')) return socketPath.safeParse(text.slice('unix:'.length)).success;
  const port = /^tcp:(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):([0-9]{1,5})$/.exec(text)?.[1];
  return port !== undefined && Number(port) <= 65_535;
}

const LOOPBACK = /^tcp:(?:127(?:\.[0-9]{1,3}){3}|\[::1\]):/;

/** `address` is tcp:HOST:PORT; an IPv6 address stands in brackets. */
export function isLoopback(address: string): boolean {
  return LOOPBACK.test(address);
}

export const namedAccount = z.union([z.string().min(1).max(64), z.number().int().min(0).max(0xfffffffe)]);
export const account = namedAccount.nullable();
export const count = (max: number) => z.number().int().min(1).max(max);
export const milliseconds = (max: number) => z.number().int().min(1).max(max);
