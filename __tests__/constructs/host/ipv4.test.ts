import { isHostOf, isNetwork, overlap, prefixOf } from "../../../constructs/host/ipv4";

test("prefixOf", () => {
  expect(prefixOf("10.88.0.0/24")).toBe(24);
});

test.each([
  ["10.88.0.0/24", true],
  ["10.88.0.1/24", false],
  ["10.88.0.128/25", true],
  ["255.255.255.252/30", true],
])("isNetwork(%s) is %s", (cidr, expected) => {
  expect(isNetwork(cidr)).toBe(expected);
});

test.each([
  ["10.88.0.0/24", "10.88.0.1", true],
  ["10.88.0.0/24", "10.88.0.254", true],
  ["10.88.0.0/24", "10.88.0.0", false],
  ["10.88.0.0/24", "10.88.0.255", false],
  ["10.88.0.0/24", "10.88.1.1", false],
  ["192.168.128.0/17", "192.168.255.1", true],
])("isHostOf(%s, %s) is %s", (cidr, address, expected) => {
  expect(isHostOf(cidr, address)).toBe(expected);
});

test.each([
  ["10.88.0.0/24", "10.88.0.0/16", true],
  ["10.88.0.0/16", "10.88.255.240/28", true],
  ["10.87.0.0/24", "10.88.0.0/24", false],
  ["10.88.0.0/25", "10.88.0.128/25", false],
  ["200.0.0.0/8", "200.255.0.0/16", true],
])("overlap(%s, %s) is %s", (one, other, expected) => {
  expect(overlap(one, other)).toBe(expected);
  expect(overlap(other, one)).toBe(expected);
});
