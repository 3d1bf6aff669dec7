/** How tbsd ends (sysexits.h); docs/configuration.md and `tbs serve --help` list them. */
export const EXIT_CODES = {
  ok: 0,
  internalError: 70,
  tpmNotFound: 69,
  socketInUse: 73,
  ioError: 74,
  noPermission: 77,
  badConfiguration: 78,
} as const;
