import { randomBytes } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { addresses } from "./network";
import { packagesMount } from "./root";

/** Name of the machine before and after cloud-init. */
export const hostName = `ip-${addresses.machine.replaceAll(".", "-")}`;

const cloudSettings = `# The seed is a folder; network and disk are made from outside.
datasource_list: [NoCloud, None]
network: {config: disabled}
growpart: {mode: "off"}
resize_rootfs: false
apt_preserve_sources_list: true
locale: false
`;

/** The devices in /sys that are not the machine's are left alone. */
const triggerDropIn = `[Service]
ExecStart=
ExecStart=-udevadm trigger --action=add --subsystem-match=net
ExecStart=-/bin/sh -c 'for disk in /dev/loop[0-9]*; do [ ! -b $$disk ] || udevadm trigger --action=add $$disk; done'
`;

/** They would wait for consoles that are not the machine's. */
const masked = [
  "system-generators/systemd-getty-generator",
  "system/getty@tty1.service",
  "system/console-getty.service",
];

const fixedFiles: Readonly<Record<string, string>> = {
  "/etc/apt/sources.list": `deb [trusted=yes] file:${packagesMount} ./\n`,
  "/etc/cloud/cloud.cfg.d/90-rig.cfg": cloudSettings,
  "/etc/hosts": `127.0.0.1 localhost\n127.0.1.1 ${hostName}\n::1 localhost\n`,
  "/etc/resolv.conf": "# No name is resolved here.\n",
  "/etc/fstab": "",
  "/etc/systemd/system/systemd-udev-trigger.service.d/rig.conf": triggerDropIn,
};

/** Makes the folder with every one above it up to `top` for everybody to enter, whatever the umask. */
function makeFolder(top: string, folder: string): void {
  if (folder === top || fs.existsSync(folder)) return;
  makeFolder(top, path.dirname(folder));
  fs.mkdirSync(folder);
  fs.chmodSync(folder, 0o755);
}

/** Writes what a machine has beyond its root file system into the upper folder of its overlay. */
export function prepareUpper(
  upper: string,
  o: {
    instanceId: string;
    userData: Buffer;
    aws?: { readonly ssmEndpoint: string };
    files?: Readonly<Record<string, string>>;
  },
): void {
  const place = (file: string): string => {
    const target = path.join(upper, file);
    makeFolder(upper, path.dirname(target));
    return target;
  };
  const seed = "/var/lib/cloud/seed/nocloud";
  const files: Readonly<Record<string, string | Buffer>> = {
    ...fixedFiles,
    "/etc/machine-id": `${randomBytes(16).toString("hex")}\n`,
    [`${seed}/meta-data`]: `instance-id: ${o.instanceId}\nlocal-hostname: ${hostName}\n`,
    [`${seed}/user-data`]: o.userData,
    ...(o.aws === undefined
      ? {}
      : { "/etc/l2-observatory/aws.env": `AWS_ENDPOINT_URL_SSM=${o.aws.ssmEndpoint}\n` }),
    ...o.files,
  };
  for (const [file, content] of Object.entries(files)) {
    fs.writeFileSync(place(file), content);
    fs.chmodSync(place(file), 0o644);
  }
  for (const file of masked) fs.symlinkSync("/dev/null", place(`/etc/systemd/${file}`));
  fs.chmodSync(upper, 0o755);
}
