/** A range of IPv4 addresses, both ends included, as numbers. */
interface Range {
  readonly first: number;
  readonly last: number;
}

function numberOf(address: string): number {
  return address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** Length of a CIDR's prefix, from 0 to 32. */
export function prefixOf(cidr: string): number {
  return Number(cidr.split("/")[1]);
}

function rangeOf(cidr: string): Range {
  const size = 2 ** (32 - prefixOf(cidr));
  const address = numberOf(cidr.split("/")[0] ?? "");
  const first = address - (address % size);
  return { first, last: first + size - 1 };
}

/** Whether a CIDR starts at its network's own address: `10.88.0.0/24` does, `10.88.0.1/24` does not. */
export function isNetwork(cidr: string): boolean {
  return numberOf(cidr.split("/")[0] ?? "") === rangeOf(cidr).first;
}

/** Whether a host can have this address in that network: inside, and neither its first nor its last address. */
export function isHostOf(cidr: string, address: string): boolean {
  const { first, last } = rangeOf(cidr);
  const number = numberOf(address);
  return number > first && number < last;
}

/** Whether two networks share an address. */
export function overlap(one: string, other: string): boolean {
  const [a, b] = [rangeOf(one), rangeOf(other)];
  return a.first <= b.last && b.first <= a.last;
}
