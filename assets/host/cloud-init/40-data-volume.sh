#!/bin/bash
# The data volume: found by its id, formatted only if blank, mounted by label, grown to the size of its disk.
. "$(dirname "$0")/common.sh"

label=l2o-data

# It is attached after the instance has started.
for ((second = 0; second < ${DATA_DEVICE_WAIT_SECONDS:-600}; second++)); do
  [ -b "$DATA_DEVICE" ] && break
  sleep 1
done
[ -b "$DATA_DEVICE" ] || fail "$DATA_DEVICE is not attached"

status=0
found=$(blkid --probe --output export "$DATA_DEVICE") || status=$?
case $status in
  0)
    [ "$(grep --line-regexp --regexp "LABEL=$label" --regexp TYPE=ext4 --count <<<"$found")" -eq 2 ] ||
      fail "$DATA_DEVICE is neither blank nor a data volume of the platform ($(tr '\n' ' ' <<<"$found")): left as it is"
    log "$DATA_DEVICE is formatted"
    ;;
  2)
    # Nothing that blkid knows. Blank only if there are zeros as well.
    cmp --silent --bytes=$((4 * 1024 * 1024)) "$DATA_DEVICE" /dev/zero ||
      fail "$DATA_DEVICE has no file system, but is not blank: left as it is"
    mkfs.ext4 -q -L "$label" "$DATA_DEVICE"
    udevadm settle || true
    log "formatted $DATA_DEVICE, which was blank"
    ;;
  *) fail "blkid cannot tell what is on $DATA_DEVICE (code $status): left as it is" ;;
esac

mkdir -p "$DATA_MOUNT"
line="LABEL=$label $DATA_MOUNT ext4 defaults,nofail,x-systemd.growfs,x-systemd.device-timeout=300 0 2"
if ! grep --quiet --line-regexp --fixed-strings "$line" /etc/fstab; then
  sed --in-place "\\#^[^ ]* $DATA_MOUNT #d" /etc/fstab
  echo "$line" >>/etc/fstab
  systemctl daemon-reload
fi
data_volume_is_mounted || mount "$DATA_MOUNT"
[ "$(realpath "$(findmnt --noheadings --output SOURCE --mountpoint "$DATA_MOUNT")")" = "$(realpath "$DATA_DEVICE")" ] ||
  fail "something else is mounted on $DATA_MOUNT"
"$(dirname "$0")/grow-data-volume.sh"
log "mounted on $DATA_MOUNT"
