// Coordinates as people write them: decimal degrees, and degrees, minutes and seconds.

import type { Position } from "geojson";

/** Latitude before longitude, as maps and radio say it; six decimals are 0.1 m. */
export function decimal(place: Position): string {
  return `${(place[1] ?? 0).toFixed(6)}, ${(place[0] ?? 0).toFixed(6)}`;
}

/** Degrees, minutes and seconds to 0.1″, which is 3 m. */
export function dms(place: Position): string {
  return `${angle(place[1] ?? 0, "N", "S")} ${angle(place[0] ?? 0, "E", "W")}`;
}

function angle(degrees: number, positive: string, negative: string): string {
  // In tenths of seconds first, so that 59.96″ becomes the next minute and never 60.0″.
  const tenths = Math.round(Math.abs(degrees) * 36_000);
  const [d, m, s] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60, (tenths % 600) / 10];
  const two = (n: number, digits = 0) => n.toFixed(digits).padStart(digits ? 3 + digits : 2, "0");
  return `${d}°${two(m)}′${two(s, 1)}″${degrees < 0 ? negative : positive}`;
}

const NUMBER = /[-+−]?\d+(?:\.\d+)?/g;

/** The place that `text` names, in decimal degrees or degrees, minutes and seconds, latitude first; null where it names none. */
export function parsePlace(text: string): Position | null {
  const upper = text.trim().toUpperCase();
  // Decimal commas are told by there being two or more between digits, and no point.
  const commas = upper.includes(".") ? 0 : (upper.match(/\d,(?=\d)/g)?.length ?? 0);
  const clean = commas >= 2 ? upper.replace(/(\d),(?=\d)/g, "$1.") : upper;
  const letters = clean.match(/[NSEW]/g) ?? [];
  if (clean.replace(/[NSEW\d\s.,;°º'′’"″”+−-]/g, "") !== "") return null;
  const numbers = (clean.match(NUMBER) ?? []).map((n) => Number(n.replace("−", "-")));
  const half = numbers.length / 2;
  if (![1, 2, 3].includes(half) || ![0, 2].includes(letters.length)) return null;
  const [first, second] = [degrees(numbers.slice(0, half)), degrees(numbers.slice(half))];
  if (first === null || second === null) return null;
  if (letters.length === 0) return within(second, first);
  const signed = (value: number, letter: string) => ("SW".includes(letter) ? -value : value);
  const [a, b] = [letters[0] ?? "N", letters[1] ?? "E"];
  const isNorthing = (letter: string) => "NS".includes(letter);
  if (isNorthing(a) === isNorthing(b) || first < 0 || second < 0) return null;
  return isNorthing(a)
    ? within(signed(second, b), signed(first, a))
    : within(signed(first, a), signed(second, b));
}

function degrees([d = 0, m = 0, s = 0]: readonly number[]): number | null {
  if (m < 0 || m >= 60 || s < 0 || s >= 60) return null;
  const sign = d < 0 || Object.is(d, -0) ? -1 : 1;
  return sign * (Math.abs(d) + m / 60 + s / 3600);
}

function within(longitude: number, latitude: number): Position | null {
  return Math.abs(longitude) <= 180 && Math.abs(latitude) <= 90 ? [longitude, latitude] : null;
}
