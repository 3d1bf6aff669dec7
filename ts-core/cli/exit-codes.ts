/** The exit codes of `tbs`; docs/command-line.md lists them. */
export const EXIT = {
  ok: 0,
  /** The broker refused, or failed. */
  refused: 1,
  /** The answer is no: not compliant, blocked, or the TPM's response is an error. */
  no: 2,
  /** `tbs status`: the broker works, but a problem needs an administrator. */
  degraded: 3,
  /** `tbs status`: the broker runs, but its TPM cannot be reached. */
  down: 4,
  /** EX_USAGE. */
  usage: 64,
  /** EX_UNAVAILABLE: no broker answers. */
  notRunning: 69,
  /** EX_SOFTWARE: an internal error of `tbs`, for instance because its native addon is not built. */
  internal: 70,
} as const;
