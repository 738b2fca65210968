import { isCelestiaAddress } from "../../../programs/l2-exporter/celestia-address";

test.each([
  "celestia1377k5an3f94v6wyaceu0cf4nq6gk2jtpc46g7h",
  "celestia1jc92qdnty48pafummfr8ava2tjtuhfdw774w60",
])("%s is an address", (address) => {
  expect(isCelestiaAddress(address)).toBe(true);
});

test.each([
  ["a wrong character", "celestia1377k5an3f94v6wyaceu0cf4nq6gk2jtpc46g7j"],
  ["two characters exchanged", "celestia1377k5an3f94v6wyaceu0cf4nq6gk2jtpc46gh7"],
  ["a character missing", "celestia1377k5an3f94v6wyaceu0cf4nq6gk2jtpc46g7"],
  ["a character outside the alphabet", "celestia1b77k5an3f94v6wyaceu0cf4nq6gk2jtpc46g7h"],
  ["another prefix", "cosmos1377k5an3f94v6wyaceu0cf4nq6gk2jtpc46g7h"],
  ["nothing", ""],
])("refuses %s", (_, address) => {
  expect(isCelestiaAddress(address)).toBe(false);
});
