// How long to wait before the station is tried again.

const FIRST_MS = 500;
const LONGEST_MS = 10_000;

/** The wait before try `failures` (1: the first after a failure), in milliseconds; `random`, from 0 to 1, keeps many clients apart. */
export function backoffMs(failures: number, random: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 10));
  return whole * (0.5 + random / 2);
}
