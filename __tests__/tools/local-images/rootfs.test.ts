import { libraryDependencies, releaseOf } from "../../../tools/local-images/debian";
import { completeEntries, imagePath, lddPaths } from "../../../tools/local-images/rootfs";

test.each([
  ["/bin/prometheus", "usr/bin/prometheus"],
  ["/lib64/ld-linux-x86-64.so.2", "usr/lib64/ld-linux-x86-64.so.2"],
  ["/usr/local/bin/geth", "usr/local/bin/geth"],
  ["/prometheus", "prometheus"],
  ["lib/x86_64-linux-gnu/libc.so.6", "usr/lib/x86_64-linux-gnu/libc.so.6"],
])("%s is stored as %s", (file, expected) => {
  expect(imagePath(file)).toBe(expected);
});

test("parents are added once, come first, and the last of two entries wins", () => {
  const entries = completeEntries([
    { type: "text", path: "etc/nginx/a.conf", mode: 0o644, text: "first" },
    { type: "directory", path: "etc/nginx", mode: 0o700, uid: 101, gid: 101 },
    { type: "text", path: "etc/nginx/a.conf", mode: 0o644, text: "second" },
  ]);
  expect(entries).toEqual([
    { type: "directory", path: "etc", mode: 0o755 },
    { type: "directory", path: "etc/nginx", mode: 0o700, uid: 101, gid: 101 },
    { type: "text", path: "etc/nginx/a.conf", mode: 0o644, text: "second" },
  ]);
});

test("ldd: libraries and loader, not the kernel's page", () => {
  const text = `\tlinux-vdso.so.1 (0x00007ffd)
\tlibdl.so.2 => /lib/x86_64-linux-gnu/libdl.so.2 (0x00007f01)
\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007f02)
\t/lib64/ld-linux-x86-64.so.2 (0x00007f03)
`;
  expect(lddPaths(text)).toEqual([
    "/lib/x86_64-linux-gnu/libdl.so.2",
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib64/ld-linux-x86-64.so.2",
  ]);
});

test("apt-cache depends: library packages only, each once", () => {
  const text = `nginx
  PreDepends: libc6
  Depends: libc6
  Depends: libpcre2-8-0
 |Depends: libssl3
  Depends: <libssl-virtual>
  Depends: nginx-common
  Depends: zlib1g
  Breaks: libold1
`;
  expect(libraryDependencies(text)).toEqual(["libc6", "libpcre2-8-0", "libssl3", "zlib1g"]);
});

test.each([
  ['NAME="Debian GNU/Linux"\nID=debian\nVERSION_ID="12"\n', "debian12"],
  ['ID=ubuntu\nVERSION_ID="24.04"\n', "ubuntu24.04"],
  ["", "debian"],
])("release of %j is %s", (text, expected) => {
  expect(releaseOf(text)).toBe(expected);
});
