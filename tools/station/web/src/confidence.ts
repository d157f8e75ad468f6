// Confidence in four classes. The colours are ColorBrewer's YlOrRd (safe for the colour-blind: each is darker than the one before),
// and every landslide is labelled with the number as well.

import { percent } from "./format.ts";

/** Landslides of a like confidence. */
export interface ConfidenceClass {
  /** Lowest confidence of the class, 0 to 1. */
  readonly from: number;
  readonly label: string;
  readonly colour: string;
  /** Readable on `colour`. */
  readonly ink: string;
}

export const CLASSES: readonly ConfidenceClass[] = [
  { from: 0, label: "under 50 %", colour: "#fed976", ink: "#1b1f23" },
  { from: 0.5, label: "50 to 69 %", colour: "#fd8d3c", ink: "#1b1f23" },
  { from: 0.7, label: "70 to 84 %", colour: "#e31a1c", ink: "#ffffff" },
  { from: 0.85, label: "85 % and more", colour: "#800026", ink: "#ffffff" },
];

/** What a confidence counts as. Nobody measured that of a landslide which people drew, and they are sure of it. */
export function certainty(confidence: number | null): number {
  return confidence ?? 1;
}

/** A confidence as it is shown. */
export function stated(confidence: number | null): string {
  return confidence === null ? "by hand" : percent(confidence);
}

/** The class of a confidence, as it is shown in whole per cent. */
export function confidenceClass(confidence: number | null): ConfidenceClass {
  const shown = Math.round(certainty(confidence) * 100) / 100;
  const [lowest, ...others] = CLASSES as [ConfidenceClass, ...ConfidenceClass[]];
  return others.reduce((found, next) => (shown >= next.from ? next : found), lowest);
}
