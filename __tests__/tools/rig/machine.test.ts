import { hierarchies } from "../../../tools/rig/machine/control-groups";
import { volumeLink } from "../../../tools/rig/machine/machine";
import { sourceLines } from "../../../tools/rig/machine/root";
import { portsByState } from "../../../tools/rig/machine/scan";

test("a volume appears under the name that the Nitro system gives it", () => {
  expect(volumeLink("vol-0123456789abcdef0")).toBe(
    "disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0",
  );
});

test("mirrors are those of this machine for the one release, each once", () => {
  const targets = [
    "http://mirror.example/debian|bookworm|main",
    "http://mirror.example/debian|bookworm|main",
    "http://mirror.example/security|bookworm-security|main",
    "http://mirror.example/debian|trixie|main",
    "http://mirror.example/debian|bookworm|contrib",
  ].join("\n");
  expect(sourceLines(`${targets}\n`)).toEqual([
    "deb http://mirror.example/debian bookworm main",
    "deb http://mirror.example/security bookworm-security main",
  ]);
});

test("hierarchies of control groups are told apart by their options", () => {
  const info = [
    "30 25 0:26 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory",
    "31 25 0:27 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd",
    "32 25 0:28 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw",
    "33 25 0:29 / /proc rw,relatime - proc proc rw",
  ].join("\n");
  expect(hierarchies(info)).toEqual([
    { type: "cgroup", mountPoint: "/sys/fs/cgroup/memory", options: "memory" },
    { type: "cgroup", mountPoint: "/sys/fs/cgroup/systemd", options: "name=systemd" },
    { type: "cgroup2", mountPoint: "/sys/fs/cgroup/unified", options: "" },
  ]);
});

test("nmap's ports are read one by one and as lists", () => {
  const xml =
    '<port protocol="tcp" portid="22"><state state="open" reason="syn-ack"/></port>' +
    '<extraports state="filtered" count="4"><extrareasons reason="no-response" count="4" proto="tcp" ports="1,3-5"/></extraports>';
  expect(portsByState(xml, "tcp")).toEqual(
    new Map([
      ["open", [22]],
      ["filtered", [1, 3, 4, 5]],
    ]),
  );
  expect(portsByState(xml, "udp")).toEqual(new Map());
});
