/** The exit codes of tbsd (sysexits.h); docs/command-line.md, `tbsd --help` and `tbs serve --help` list them. */
export const EXIT_CODES = {
  ok: 0,
  usage: 64,
  internalError: 70,
  tpmNotFound: 69,
  /** A socket or the state folder is in use. */
  inUse: 73,
  ioError: 74,
  noPermission: 77,
  badConfiguration: 78,
} as const;
