const CHARSET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];
const PREFIX = "celestia";
const CHECKSUM_LENGTH = 6;
/** Characters that encode 20 (account) or 32 (module or contract) bytes. */
const PAYLOAD_LENGTHS = [32, 52];

function checksum(values: readonly number[]): number {
  let state = 1;
  for (const value of values) {
    const top = state >>> 25;
    state = ((state & 0x1ffffff) << 5) ^ value;
    GENERATOR.forEach((term, bit) => {
      if (((top >>> bit) & 1) === 1) state ^= term;
    });
  }
  return state;
}

/** Whether a text is a Celestia account address: lower-case bech32 (BIP 173) with a good checksum. */
export function isCelestiaAddress(text: string): boolean {
  if (!text.startsWith(`${PREFIX}1`)) return false;
  const data = Array.from(text.slice(PREFIX.length + 1), (character) => CHARSET.indexOf(character));
  if (data.includes(-1) || !PAYLOAD_LENGTHS.includes(data.length - CHECKSUM_LENGTH)) return false;
  const codes = Array.from(PREFIX, (character) => character.charCodeAt(0));
  return (
    checksum([...codes.map((code) => code >> 5), 0, ...codes.map((code) => code & 31), ...data]) ===
    1
  );
}
