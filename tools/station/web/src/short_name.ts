// Names short enough for a radio, the same on every device because they follow from the landslide's identity.

/** Crockford's base 32, whose letters are not taken for digits. */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** `L-` and four letters or digits of the identity, a UUID: of a thousand landslides about one in two thousand shares its name. */
export function shortName(id: string): string {
  // The last 20 bits: random in every version of UUID that is drawn, and a hash's in those that are derived.
  let bits = Number.parseInt(id.replaceAll("-", "").slice(-5), 16);
  let name = "";
  for (let n = 0; n < 4; n++) {
    name = `${LETTERS[bits % 32] ?? "0"}${name}`;
    bits = Math.floor(bits / 32);
  }
  return `L-${name}`;
}
