#!/bin/bash
# Boots a machine in namespaces of its own: `boot.sh join` enters the control groups and the network, `boot.sh mount` runs
# as the first process in there, puts the file systems together and becomes systemd. Settings: see machine.ts.
set -euo pipefail

if [ "$1" = join ]; then
  for group in $MACHINE_GROUPS; do
    echo $$ >"$group/cgroup.procs"
  done
  exec nsenter --net="$MACHINE_NETWORK" unshare --mount --propagation private --uts --ipc --cgroup \
    --pid --fork --kill-child=SIGKILL bash "$0" mount
fi

hostname "$MACHINE_NAME"
cd "$MACHINE_DIRECTORY"
mount -t overlay overlay -o "lowerdir=$MACHINE_ROOT,upperdir=$PWD/upper,workdir=$PWD/work" root
cd root

mkdir -p "./$MACHINE_DEBS_MOUNT"
mount --bind "$MACHINE_DEBS" "./$MACHINE_DEBS_MOUNT"
mount -o remount,bind,ro "./$MACHINE_DEBS_MOUNT"

mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755,nosuid,nodev run run
mount -t tmpfs -o mode=755,nosuid dev dev

# Control groups: the hierarchies of this kernel, from the machine's own group downwards.
if [ "$MACHINE_HIERARCHIES" = unified ]; then
  mount -t cgroup2 cgroup2 sys/fs/cgroup
else
  mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
  for hierarchy in $MACHINE_HIERARCHIES; do
    IFS=: read -r type folder options <<<"$hierarchy"
    mkdir "sys/fs/cgroup/$folder"
    case $type in
      cgroup2) mount -t cgroup2 cgroup2 "sys/fs/cgroup/$folder" ;;
      *) mount -t cgroup -o "$options" cgroup "sys/fs/cgroup/$folder" ;;
    esac
  done
fi

# Devices: no disk but the machine's own, so that no label of another is found.
node() {
  mknod --mode="$2" "dev/$1" "$3" "$4" "$5"
}
mkdir dev/net dev/pts dev/shm
node null 666 c 1 3
node zero 666 c 1 5
node full 666 c 1 7
node random 666 c 1 8
node urandom 666 c 1 9
node tty 666 c 5 0
node net/tun 666 c 10 200
node fuse 666 c 10 229
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
# systemd listens to udev only where it finds udev's socket or the kernel's own /dev; udev replaces the file.
mkdir -p run/udev/rules.d
touch run/udev/control
if [ -n "$MACHINE_DISK" ]; then
  cp --archive "$MACHINE_DISK" dev/
  printf '%s\n' "$MACHINE_DISK_RULE" >run/udev/rules.d/90-rig-disk.rules
fi

# Settings of the kernel that have no namespace: what the machine writes goes to copies.
copies=$PWD/../copies
rm -rf "$copies"
mkdir -p "$copies/vm"
for file in proc/sys/vm/*; do
  cat "$file" >"$copies/vm/${file##*/}" 2>/dev/null || true
done
mount --bind "$copies/vm" proc/sys/vm
for file in kernel/core_pattern kernel/pid_max kernel/printk kernel/sysrq kernel/panic fs/protected_fifos \
  fs/protected_hardlinks fs/protected_regular fs/protected_symlinks fs/suid_dumpable; do
  [ -e "proc/sys/$file" ] || continue
  cat "proc/sys/$file" >"$copies/${file##*/}"
  mount --bind "$copies/${file##*/}" "proc/sys/$file"
done
for file in proc/sys/fs/file-max proc/sys/fs/nr_open proc/sysrq-trigger; do
  [ -e "$file" ] || continue
  mount --bind "$file" "$file"
  mount -o remount,bind,ro "$file"
done
echo "root=overlay rw" >"$copies/cmdline"
mount --bind "$copies/cmdline" proc/cmdline

pivot_root . mnt
exec chroot . /bin/sh -c 'cd / && umount -l /mnt && exec env -i container=l2-observatory-rig /sbin/init' \
  >/dev/null 2>&1 </dev/null
