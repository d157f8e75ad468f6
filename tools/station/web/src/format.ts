// Numbers as people read them, with no more digits than they are good for.

import { compassPoint } from "./geodesy.ts";
import type { Approach } from "./nearest.ts";

const NUMBERS = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

function digits(value: number, count: number): string {
  return Number(value.toPrecision(count)).toLocaleString("en", { maximumFractionDigits: 3 });
}

/** Square metres, hectares from one hectare on, square kilometres from one on. */
export function area(m2: number): string {
  if (m2 < 9_995) return `${digits(m2, 3)} m²`;
  if (m2 < 999_500) return `${digits(m2 / 10_000, 3)} ha`;
  return `${digits(m2 / 1_000_000, 3)} km²`;
}

/** Metres, kilometres from one on. */
export function distance(m: number): string {
  if (m < 10) return `${m.toFixed(1)} m`;
  return m < 999.5 ? `${NUMBERS.format(m)} m` : `${digits(m / 1000, 3)} km`;
}

/** A probability in whole per cent. */
export function percent(probability: number): string {
  return `${Math.round(probability * 100)} %`;
}

/** A bearing as three digits, as compasses and radio have it. */
export function bearing(degrees: number): string {
  return `${(Math.round(degrees) % 360).toString().padStart(3, "0")}°`;
}

/** A distance and its direction, or that one is there. */
export function told({ distanceM, bearing: to, isWithin }: Approach): string {
  return isWithin ? "within it" : `${distance(distanceM)} · ${bearing(to)} ${compassPoint(to)}`;
}

/** A count with separators between thousands. */
export function count(n: number): string {
  return NUMBERS.format(n);
}

/** A count and its noun. */
export function counted(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** When something was, in few words: how long ago, or the day where that is long. */
export function when(instant: number, now: number): string {
  return now - instant < 48 * 3_600_000 ? `${age(now - instant)} ago` : utc(instant).slice(0, 10);
}

/** How long something has lasted, in one unit. */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${count(Math.floor(seconds / 3600))} h`;
}

const two = (n: number): string => n.toString().padStart(2, "0");

/** Date and time in UTC, to the second. */
export function utc(instant: number): string {
  const t = new Date(instant).toISOString();
  return `${t.slice(0, 10)} ${t.slice(11, 19)} UTC`;
}

/** The time of day by this device's clock, to the minute. */
export function clock(instant: number): string {
  const t = new Date(instant);
  return `${two(t.getHours())}:${two(t.getMinutes())}`;
}
